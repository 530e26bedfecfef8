// Package main runs franz-go against the broker in BOOTSTRAP; PREFIX and ONLY come from the environment. The argument "tls" stands for the cases of logins.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	atOnce = 4
	limit  = 30 * time.Second
)

// client is the name under which results are told.
var client = "franz-go"

type testCase struct {
	name string
	run  func(*env)
}

// failure is what a check panics with.
type failure struct{ text string }

func check(err error, what string) {
	if err != nil {
		panic(failure{fmt.Sprintf("%s: %v", what, err)})
	}
}

func holds(condition bool, what string, args ...any) {
	if !condition {
		panic(failure{fmt.Sprintf(what, args...)})
	}
}

func same(actual, expected any, what string) {
	holds(reflect.DeepEqual(actual, expected), "%s: got %v, want %v", what, actual, expected)
}

func fails(err, expected error, what string) {
	holds(errors.Is(err, expected), "%s: got %v, want %v", what, err, expected)
}

func eventually(ctx context.Context, condition func() bool, what string) {
	deadline := time.Now().Add(20 * time.Second)
	for !condition() {
		holds(time.Now().Before(deadline) && ctx.Err() == nil, "%s: not within 20 s", what)
		time.Sleep(30 * time.Millisecond)
	}
}

var printing sync.Mutex

func emit(line any) {
	printing.Lock()
	defer printing.Unlock()
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

func runOne(one testCase, e *env) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	e.ctx = ctx
	outcome := make(chan string, 1)
	go func() {
		defer func() {
			switch problem := recover().(type) {
			case nil:
				outcome <- ""
			case failure:
				outcome <- problem.text
			default:
				outcome <- fmt.Sprintf("panic: %v\n%s", problem, debug.Stack())
			}
		}()
		one.run(e)
	}()
	var detail string
	select {
	case detail = <-outcome:
	case <-time.After(limit + time.Second):
		detail = fmt.Sprintf("no end within %v", limit)
	}
	emit(map[string]any{"client": client, "case": one.name, "ok": detail == "", "detail": detail, "ms": time.Since(began).Milliseconds()})
	go e.close()
}

func main() {
	only := regexp.MustCompile(os.Getenv("ONLY"))
	prefix := os.Getenv("PREFIX")
	if prefix == "" {
		prefix = fmt.Sprintf("c%d-", time.Now().UnixNano()%1e9)
	}
	var cases []testCase
	names := []string{} // Not nil: that is null in JSON.
	for _, one := range allCases() {
		if only.MatchString(one.name) {
			cases = append(cases, one)
			names = append(names, one.name)
		}
	}
	emit(map[string]any{"client": client, "plan": names})
	var next atomic.Int32
	var lanes sync.WaitGroup
	for range atOnce {
		lanes.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(cases); i = int(next.Add(1)) - 1 {
				runOne(cases[i], &env{prefix: prefix + cases[i].name + "-", bootstrap: bootstrap()})
			}
		})
	}
	lanes.Wait()
}

func bootstrap() string {
	if given := strings.TrimSpace(os.Getenv("BOOTSTRAP")); given != "" {
		return given
	}
	return "127.0.0.1:9092"
}

func allCases() []testCase {
	if len(os.Args) > 1 && os.Args[1] == "tls" {
		client = "franz-go-tls"
		return loginCases()
	}
	// Groups first: they wait, and the rest fills the lanes beside them.
	return slices.Concat(groupCases(), produceCases(), consumeCases(), adminCases(), interfaceCases())
}
