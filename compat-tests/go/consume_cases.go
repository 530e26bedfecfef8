package main

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func consumeCases() []testCase {
	return []testCase{
		{"consume-from-beginning", func(e *env) { fromBeginning(e) }},
		{"consume-read-committed", func(e *env) { fromBeginning(e, kgo.FetchIsolationLevel(kgo.ReadCommitted())) }},
		{"consume-seek", seek},
		{"consume-seek-by-time", byTime},
		{"consume-at-end", atEnd},
		{"consume-relative", relative},
		{"consume-pause-resume", pauseResume},
		{"consume-add-remove-partitions", addRemove},
		{"consume-small-fetches", smallFetches},
		{"consume-without-sessions", func(e *env) { fromBeginning(e, kgo.DisableFetchSessions()) }},
		{"consume-out-of-range-reset", outOfRange},
		{"consume-out-of-range-error", outOfRangeError},
		{"consume-waits-for-data", waitsForData},
		{"consume-regex", regex},
		{"consume-recreated-topic", recreated},
	}
}

func fromBeginning(e *env, opts ...kgo.Opt) {
	topic := e.topic(3)
	e.fill(topic, 3, 300)
	seen := map[string]bool{}
	for _, record := range e.readAll(topic, 300, opts...) {
		seen[string(record.Value)] = true
	}
	same(len(seen), 300, "different values")
}

func seek(e *env) {
	topic := e.topic(1)
	e.fill(topic, 1, 100)
	for _, offset := range []int64{50, 99, 0, 7} {
		same(e.take(e.from(topic, kgo.NewOffset().At(offset)), 1)[0].Offset, offset, "first")
	}
}

func byTime(e *env) {
	topic := e.topic(1)
	var records []*kgo.Record
	for i := range 100 {
		records = append(records, &kgo.Record{Topic: topic, Value: fmt.Appendf(nil, "v%d", i), Timestamp: time.UnixMilli(1_700_000_000_000 + int64(i)*1000)})
	}
	e.send(records, kgo.ProducerBatchCompression(kgo.ZstdCompression()))
	for stamp, want := range map[int64]int64{1: 0, 1_700_000_041_500: 42, 1_700_000_099_000: 99} {
		listed, err := e.admin().ListOffsetsAfterMilli(e.ctx, stamp, topic)
		check(err, "list offsets")
		same(listed[topic][0].Offset, want, fmt.Sprintf("offset for %d", stamp))
	}
	got := e.take(e.from(topic, kgo.NewOffset().AfterMilli(1_700_000_041_500)), 1)
	same(string(got[0].Value), "v42", "first after the time")
}

func atEnd(e *env) {
	topic := e.topic(1)
	e.fill(topic, 1, 10)
	cl := e.from(topic, kgo.NewOffset().AtEnd())
	fetches := cl.PollFetches(shortly(e, time.Second))
	same(len(fetches.Records()), 0, "nothing yet")
	e.fill(topic, 1, 1)
	same(e.take(cl, 1)[0].Offset, int64(10), "first")
}

func relative(e *env) {
	topic := e.topic(1)
	e.fill(topic, 1, 50)
	same(e.take(e.from(topic, kgo.NewOffset().AtEnd().Relative(-5)), 1)[0].Offset, int64(45), "five before the end")
}

func pauseResume(e *env) {
	topic := e.topic(2)
	e.fill(topic, 2, 200)
	cl := e.client(kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	cl.PauseFetchPartitions(map[string][]int32{topic: {0}})
	for _, record := range e.take(cl, 100) {
		same(record.Partition, int32(1), "only the other partition")
	}
	same(len(cl.PollFetches(shortly(e, 500*time.Millisecond)).Records()), 0, "paused")
	cl.ResumeFetchPartitions(map[string][]int32{topic: {0}})
	for _, record := range e.take(cl, 100) {
		same(record.Partition, int32(0), "the resumed partition")
	}
}

func addRemove(e *env) {
	topic := e.topic(3)
	e.fill(topic, 3, 30)
	cl := e.from(topic, kgo.NewOffset().At(5))
	same(len(e.take(cl, 5)), 5, "records of the first")
	cl.AddConsumePartitions(map[string]map[int32]kgo.Offset{topic: {2: kgo.NewOffset().At(8)}})
	for _, record := range e.take(cl, 2) {
		same(record.Partition, int32(2), "records of the added one")
	}
	cl.RemoveConsumePartitions(map[string][]int32{topic: {0}})
	e.fill(topic, 3, 3)
	same(e.take(cl, 1)[0].Partition, int32(2), "the removed one is not read")
}

func smallFetches(e *env) {
	topic := e.topic(2)
	e.fill(topic, 2, 600, kgo.ProducerBatchMaxBytes(1500))
	var next [2]int64
	for _, record := range e.readAll(topic, 600, kgo.FetchMaxBytes(1), kgo.FetchMaxPartitionBytes(1)) {
		same(record.Offset, next[record.Partition], "offset in order")
		next[record.Partition]++
	}
}

func outOfRange(e *env) {
	topic := e.topic(1)
	e.fill(topic, 1, 10)
	cl := e.from(topic, kgo.NewOffset().At(500), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	same(e.take(cl, 10)[0].Offset, int64(0), "first")
}

func outOfRangeError(e *env) {
	topic := e.topic(1)
	e.fill(topic, 1, 10)
	cl := e.from(topic, kgo.NewOffset().At(500), kgo.ConsumeResetOffset(kgo.NoResetOffset()))
	fails(cl.PollFetches(e.ctx).Err(), kerr.OffsetOutOfRange, "fetch")
}

func waitsForData(e *env) {
	topic := e.topic(1)
	cl := e.from(topic, kgo.NewOffset().AtStart(), kgo.FetchMaxWait(20*time.Second))
	go func() {
		time.Sleep(700 * time.Millisecond)
		_ = e.client().ProduceSync(e.ctx, &kgo.Record{Topic: topic, Value: []byte("x")})
	}()
	began := time.Now()
	e.take(cl, 1)
	holds(time.Since(began) < 10*time.Second, "the waiting fetch was not woken")
}

func regex(e *env) {
	one, two := e.topic(1), e.topic(1)
	e.fill(one, 1, 5)
	e.fill(two, 1, 5)
	cl := e.client(kgo.ConsumeRegex(), kgo.ConsumeTopics("^"+e.prefix+"topic.*"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	same(len(e.take(cl, 10)), 10, "records of both")
}

func recreated(e *env) {
	topic := e.topic(1)
	e.fill(topic, 1, 10)
	e.readAll(topic, 10)
	_, err := e.admin().DeleteTopic(e.ctx, topic)
	check(err, "delete")
	eventually(e.ctx, func() bool {
		_, err := e.admin().CreateTopic(e.ctx, 1, 1, nil, topic)
		return err == nil
	}, "created again")
	eventually(e.ctx, func() bool {
		listed, err := e.admin().ListEndOffsets(e.ctx, topic)
		return err == nil && listed.Error() == nil && listed[topic][0].Offset == 0
	}, "empty again")
	e.fill(topic, 1, 3)
	same(e.readAll(topic, 3)[0].Offset, int64(0), "offsets start again")
}
