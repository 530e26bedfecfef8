import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Cases by name, run a few at a time, each with a time limit; prints the plan and one JSON line for each case. */
final class Suite {
    interface Body {
        void run(Env env) throws Exception;
    }

    private record Case(Body body, int limitSeconds) {}

    private static final int LIMIT_SECONDS = 30;
    private final Map<String, Case> cases = new LinkedHashMap<>();
    private final PrintStream out = System.out;
    private final String client;
    private final int atOnce;
    private final String prefix;

    /** Results are told under the client's name; so many cases run at the same time. */
    Suite(String client, int atOnce) {
        this(client, atOnce, "");
    }

    /** `prefix` comes before the name of every case: the same cases may run with several clients. */
    Suite(String client, int atOnce, String prefix) {
        this.client = client;
        this.atOnce = atOnce;
        this.prefix = prefix;
    }

    void add(String name, Body body) {
        add(name, LIMIT_SECONDS, body);
    }

    /** A case that may take longer than others. */
    void add(String name, int limitSeconds, Body body) {
        if (cases.put(prefix + name, new Case(body, limitSeconds)) != null) throw new IllegalArgumentException("two cases " + name);
    }

    /** Takes cases out again, by the names that they were added under. */
    void without(String... names) {
        for (String name : names) if (cases.remove(prefix + name) == null) throw new IllegalArgumentException("no case " + name);
    }

    void run(String bootstrap, String prefix, String only, Map<String, Object> login) throws Exception {
        Pattern wanted = Pattern.compile(only);
        List<String> names = cases.keySet().stream().filter(n -> wanted.matcher(n).find()).toList();
        print("{\"client\":" + quote(client) + ",\"plan\":[" + names.stream().map(Suite::quote).collect(Collectors.joining(",")) + "]}");
        ExecutorService lanes = Executors.newFixedThreadPool(atOnce);
        ExecutorService bodies = Executors.newCachedThreadPool(r -> {
            Thread thread = new Thread(r);
            thread.setDaemon(true);
            return thread;
        });
        List<Future<?>> all = new ArrayList<>();
        for (String name : names) all.add(lanes.submit(() -> runOne(bodies, name, new Env(bootstrap, prefix + name + "-", login))));
        for (Future<?> one : all) one.get();
        System.exit(0);
    }

    private void runOne(ExecutorService bodies, String name, Env env) {
        long began = System.nanoTime();
        String detail = "";
        Case one = cases.get(name);
        Future<?> running = bodies.submit(() -> {
            one.body().run(env);
            return null;
        });
        try {
            running.get(one.limitSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            running.cancel(true);
            detail = "no end within " + one.limitSeconds() + " s";
        } catch (ExecutionException e) {
            detail = describe(e.getCause());
        } catch (InterruptedException e) {
            detail = "interrupted";
        }
        long ms = (System.nanoTime() - began) / 1_000_000;
        print("{\"client\":" + quote(client) + ",\"case\":" + quote(name) + ",\"ok\":" + detail.isEmpty() + ",\"detail\":" + quote(detail) + ",\"ms\":" + ms + "}");
        bodies.submit(env::close);
    }

    private synchronized void print(String line) {
        out.println(line);
        out.flush();
    }

    private static String describe(Throwable error) {
        StringWriter text = new StringWriter();
        for (Throwable e = error; e != null && text.getBuffer().length() < 800; e = e.getCause()) text.append(e.toString()).append("; ");
        StackTraceElement[] trace = error.getStackTrace();
        for (StackTraceElement at : trace) {
            if (at.getFileName() != null && at.getFileName().endsWith("Cases.java")) {
                new PrintWriter(text).printf("at %s:%d", at.getFileName(), at.getLineNumber());
                break;
            }
        }
        return text.toString();
    }

    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') quoted.append('\\').append(c);
            else if (c < ' ') quoted.append(String.format("\\u%04x", (int) c));
            else quoted.append(c);
        }
        return quoted.append('"').toString();
    }

    static void same(Object actual, Object expected, String what) {
        if (!Objects.deepEquals(actual, expected)) throw new AssertionError(what + ": got " + actual + ", want " + expected);
    }

    static void holds(boolean condition, String what) {
        if (!condition) throw new AssertionError(what);
    }

    /** Expects an exception of the type, itself or as a cause. */
    static void fails(Class<? extends Throwable> type, Callable call, String what) throws Exception {
        try {
            call.call();
        } catch (Throwable error) {
            for (Throwable e = error; e != null; e = e.getCause()) if (type.isInstance(e)) return;
            throw new AssertionError(what + ": got " + error + ", want " + type.getSimpleName(), error);
        }
        throw new AssertionError(what + ": succeeded, want " + type.getSimpleName());
    }

    /** Asks until the condition holds, for 20 s. What was changed may be seen a moment later: Kafka applies it asynchronously. */
    static void eventually(Callable condition, String what) throws Exception {
        eventually(20, condition, what);
    }

    static void eventually(int seconds, Callable condition, String what) throws Exception {
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        while (!Boolean.TRUE.equals(condition.call())) {
            holds(System.nanoTime() < end, what + ": not within " + seconds + " s");
            Thread.sleep(50);
        }
    }

    /** Expects the same exception again and again until it comes, for 20 s: what forbids something is seen a moment after it was set. */
    static void failsSoon(Class<? extends Throwable> type, Callable call, String what) throws Exception {
        long end = System.nanoTime() + 20_000_000_000L;
        while (true) {
            try {
                fails(type, call, what);
                return;
            } catch (AssertionError e) {
                if (System.nanoTime() > end) throw e;
                Thread.sleep(100);
            }
        }
    }

    /** Expects the call to succeed within 20 s: what allows something is seen a moment after it was set. */
    static <T> T succeedsSoon(java.util.concurrent.Callable<T> call, String what) throws Exception {
        long end = System.nanoTime() + 20_000_000_000L;
        while (true) {
            try {
                return call.call();
            } catch (Exception e) {
                if (System.nanoTime() > end) throw new AssertionError(what + ": still " + e, e);
                Thread.sleep(100);
            }
        }
    }

    interface Callable {
        Object call() throws Exception;
    }
}
