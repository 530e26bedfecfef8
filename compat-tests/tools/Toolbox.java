import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs console tools of Apache Kafka in one process, several at a time, as each would run in its own: with its own standard
 * streams and its own exit. A line in is `ID CLASS ARGUMENTS INPUT`, a line out `ID EXIT OUTPUT`; the last two of the one
 * and the last of the other are Base64, arguments are separated by NUL, and `-` stands for nothing.
 */
final class Toolbox {
    /** A running tool; threads that it starts inherit it. */
    private static final class Call {
        final ByteArrayOutputStream output = new ByteArrayOutputStream();
        final InputStream input;
        private final List<Runnable> hooks = new ArrayList<>();
        private Integer exit;

        Call(byte[] input) {
            this.input = new ByteArrayInputStream(input);
        }

        /** The first one counts: what a tool meets after it may make it exit once more. */
        synchronized void exit(int code) {
            if (exit == null) exit = code;
        }

        synchronized void hook(Runnable hook) {
            hooks.add(hook);
        }

        /** What a tool has left for the end of the process, such as to send what it has read. */
        void runHooks() throws InterruptedException {
            for (Runnable hook : List.copyOf(hooks)) {
                Thread thread = new Thread(hook);
                thread.setDaemon(true);
                thread.start();
                thread.join(20_000);
            }
        }
    }

    /** What a tool meets instead of the end of the process. */
    private static final class Ended extends Error {
        Ended() {
            super("the tool has ended", null, false, false);
        }
    }

    private static final InheritableThreadLocal<Call> CURRENT = new InheritableThreadLocal<>();
    private static final PrintStream ANSWERS = System.out;

    public static void main(String[] args) throws IOException {
        PrintStream out = new PrintStream(new OutputOfCall(), true, StandardCharsets.UTF_8);
        System.setOut(out);
        System.setErr(out);
        System.setIn(new InputOfCall());
        Exit.Procedure exit = (code, message) -> {
            CURRENT.get().exit(code);
            throw new Ended();
        };
        Exit.setExitProcedure(exit);
        Exit.setHaltProcedure(exit);
        Exit.setShutdownHookAdder((name, hook) -> CURRENT.get().hook(hook));
        BufferedReader questions = new BufferedReader(new InputStreamReader(new java.io.FileInputStream(java.io.FileDescriptor.in), StandardCharsets.UTF_8));
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            String[] parts = line.split(" ");
            Thread thread = new Thread(() -> run(parts[0], parts[1], decode(parts[2]), decode(parts[3])));
            thread.setDaemon(true);
            thread.start();
        }
        System.exit(0);
    }

    private static byte[] decode(String text) {
        return text.equals("-") ? new byte[0] : Base64.getDecoder().decode(text);
    }

    private static void run(String id, String tool, byte[] arguments, byte[] input) {
        Call call = new Call(input);
        CURRENT.set(call);
        try {
            String[] args = arguments.length == 0 ? new String[0] : new String(arguments, StandardCharsets.UTF_8).split("\0", -1);
            load(tool).getMethod("main", String[].class).invoke(null, (Object) args);
            call.exit(0);
        } catch (Throwable e) {
            Throwable cause = e instanceof java.lang.reflect.InvocationTargetException ? e.getCause() : e;
            if (!(cause instanceof Ended)) cause.printStackTrace();
            call.exit(1);
        }
        try {
            call.runHooks();
        } catch (InterruptedException e) {
            call.exit(1);
        }
        String output = call.output.size() == 0 ? "-" : Base64.getEncoder().encodeToString(call.output.toByteArray());
        synchronized (ANSWERS) {
            ANSWERS.println(id + " " + call.exit + " " + output);
            ANSWERS.flush();
        }
    }

    /** The class of a tool, and all others of tools, loaded anew: they count in static fields. */
    private static Class<?> load(String tool) throws Exception {
        URL[] path = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)).filter(entry -> entry.contains("kafka-tools-")).map(Toolbox::url).toArray(URL[]::new);
        return new URLClassLoader(path, Toolbox.class.getClassLoader()) {
            @Override
            protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                synchronized (getClassLoadingLock(name)) {
                    Class<?> loaded = findLoadedClass(name);
                    if (loaded != null) return loaded;
                    return name.startsWith("org.apache.kafka.tools.") && !name.startsWith("org.apache.kafka.tools.api.") ? findClass(name) : super.loadClass(name, resolve);
                }
            }
        }.loadClass(tool);
    }

    private static URL url(String path) {
        try {
            return Path.of(path).toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException(path, e);
        }
    }

    private static final class OutputOfCall extends OutputStream {
        @Override
        public void write(int b) {
            Call call = CURRENT.get();
            if (call != null) call.output.write(b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            Call call = CURRENT.get();
            if (call != null) call.output.write(bytes, offset, length);
        }
    }

    private static final class InputOfCall extends InputStream {
        @Override
        public int read() throws IOException {
            Call call = CURRENT.get();
            return call == null ? -1 : call.input.read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            Call call = CURRENT.get();
            return call == null ? -1 : call.input.read(bytes, offset, length);
        }
    }
}
