package main

import (
	"bytes"
	"fmt"
	"math/rand"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func produceCases() []testCase {
	codecs := []struct {
		name  string
		codec kgo.CompressionCodec
	}{{"none", kgo.NoCompression()}, {"gzip", kgo.GzipCompression()}, {"snappy", kgo.SnappyCompression()}, {"lz4", kgo.Lz4Compression()}, {"zstd", kgo.ZstdCompression()}}
	var cases []testCase
	for _, one := range codecs {
		cases = append(cases, testCase{"produce-" + one.name, func(e *env) { roundTrip(e, one.codec) }})
	}
	return append(cases,
		testCase{"produce-headers-keys-nulls", headersKeysNulls},
		testCase{"produce-big-message", bigMessage},
		testCase{"produce-idempotent", idempotent},
		testCase{"produce-acks", acks},
		testCase{"produce-many-partitions", manyPartitions},
		testCase{"produce-log-append-time", logAppendTime},
		testCase{"produce-auto-create", autoCreate},
		testCase{"error-message-too-large", tooLarge},
		testCase{"error-unknown-topic", unknownTopic},
		testCase{"error-invalid-topic-name", invalidTopic},
		testCase{"error-timestamp-too-far", timestampTooFar},
	)
}

func valueOf(i int64) []byte {
	if i%7 == 0 {
		return nil
	}
	return []byte(fmt.Sprintf("value %d %s", i, strings.Repeat("abc ", int(i%50))))
}

func noise(size int, seed int64) []byte {
	b := make([]byte, size)
	rand.New(rand.NewSource(seed)).Read(b)
	return b
}

func roundTrip(e *env, codec kgo.CompressionCodec) {
	topic := e.topic(3)
	var records []*kgo.Record
	for i := range int64(600) {
		record := &kgo.Record{Topic: topic, Partition: int32(i % 3), Key: fmt.Appendf(nil, "key %d", i), Value: valueOf(i), Timestamp: time.UnixMilli(1_700_000_000_000 + i)}
		if i%3 == 0 {
			record.Headers = []kgo.RecordHeader{{Key: "number", Value: fmt.Append(nil, i)}, {Key: "empty", Value: []byte{}}}
		}
		records = append(records, record)
	}
	e.send(records, kgo.ProducerBatchCompression(codec))
	for _, record := range e.readAll(topic, 600) {
		i := record.Offset*3 + int64(record.Partition)
		same(string(record.Key), fmt.Sprintf("key %d", i), "key")
		same(record.Value, valueOf(i), "value")
		same(record.Timestamp.UnixMilli(), 1_700_000_000_000+i, "timestamp")
		if i%3 == 0 {
			same(len(record.Headers), 2, "headers")
			same(string(record.Headers[0].Value), fmt.Sprint(i), "header")
		}
	}
}

func headersKeysNulls(e *env) {
	topic := e.topic(1)
	headers := []kgo.RecordHeader{{Key: "a", Value: []byte("1")}, {Key: "a", Value: []byte("2")}, {Key: "nothing"}, {Key: "", Value: []byte{0, 255}}, {Key: "häder ☃", Value: []byte("ünïcode 雪")}}
	pairs := [][2][]byte{{nil, nil}, {{}, {}}, {[]byte("k"), nil}, {nil, []byte("v")}, {{0, 255}, {254}}}
	var records []*kgo.Record
	for _, pair := range pairs {
		records = append(records, &kgo.Record{Topic: topic, Key: pair[0], Value: pair[1], Headers: headers})
	}
	e.send(records)
	for i, record := range e.readAll(topic, len(pairs)) {
		same([2][]byte{record.Key, record.Value}, pairs[i], "key and value")
		same(record.Headers, headers, "headers")
	}
}

func bigMessage(e *env) {
	topic := e.topic(1)
	small := noise(950_000, 1)
	e.send([]*kgo.Record{{Topic: topic, Value: small}})
	holds(bytes.Equal(e.readAll(topic, 1)[0].Value, small), "changed")
	wide := e.topic(1, "max.message.bytes", "9000000")
	large := noise(8_000_000, 2)
	e.send([]*kgo.Record{{Topic: wide, Value: large}}, kgo.ProducerBatchMaxBytes(9_000_000))
	holds(bytes.Equal(e.readAll(wide, 1, kgo.FetchMaxPartitionBytes(1000))[0].Value, large), "changed")
}

func idempotent(e *env) {
	topic := e.topic(2)
	e.fill(topic, 2, 5000, kgo.ProducerBatchMaxBytes(2000), kgo.ProducerLinger(0))
	for _, record := range e.readAll(topic, 5000) {
		same(string(record.Value), fmt.Sprintf("v%d", record.Offset*2+int64(record.Partition)), "order")
	}
}

func acks(e *env) {
	topic := e.topic(1)
	for _, wanted := range []kgo.Acks{kgo.NoAck(), kgo.LeaderAck(), kgo.AllISRAcks()} {
		e.fill(topic, 1, 100, kgo.RequiredAcks(wanted), kgo.DisableIdempotentWrite())
	}
	e.readAll(topic, 300)
}

func manyPartitions(e *env) {
	topic := e.topic(50)
	e.fill(topic, 50, 2500)
	var next [50]int64
	for _, record := range e.readAll(topic, 2500) {
		same(record.Offset, next[record.Partition], "offset in order")
		next[record.Partition]++
	}
}

func logAppendTime(e *env) {
	topic := e.topic(1, "message.timestamp.type", "LogAppendTime")
	before := time.Now()
	e.send([]*kgo.Record{{Topic: topic, Timestamp: time.UnixMilli(5), Value: []byte("x")}})
	record := e.readAll(topic, 1)[0]
	same(record.Attrs.TimestampType(), int8(1), "timestamp type")
	holds(record.Timestamp.After(before.Add(-time.Second)) && record.Timestamp.Before(time.Now().Add(time.Second)), "time %v", record.Timestamp)
}

func autoCreate(e *env) {
	topic := e.name("auto")
	e.fill(topic, 1, 10, kgo.AllowAutoTopicCreation(), kgo.UnknownTopicRetries(-1))
	e.readAll(topic, 10)
}

func tooLarge(e *env) {
	topic := e.topic(1, "max.message.bytes", "10000")
	cl := e.client(kgo.DefaultProduceTopic(topic))
	fails(cl.ProduceSync(e.ctx, kgo.SliceRecord(noise(50_000, 1))).FirstErr(), kerr.MessageTooLarge, "produce")
	check(cl.ProduceSync(e.ctx, kgo.StringRecord("small")).FirstErr(), "the next record")
}

func unknownTopic(e *env) {
	cl := e.client(kgo.DefaultProduceTopic(e.name("unknown")), kgo.UnknownTopicRetries(1))
	fails(cl.ProduceSync(e.ctx, kgo.StringRecord("x")).FirstErr(), kerr.UnknownTopicOrPartition, "produce")
}

func invalidTopic(e *env) {
	cl := e.client(kgo.DefaultProduceTopic("not valid!"), kgo.AllowAutoTopicCreation(), kgo.UnknownTopicRetries(1))
	fails(cl.ProduceSync(e.ctx, kgo.StringRecord("x")).FirstErr(), kerr.InvalidTopicException, "produce")
}

func timestampTooFar(e *env) {
	topic := e.topic(1, "message.timestamp.after.max.ms", "60000")
	cl := e.client()
	record := &kgo.Record{Topic: topic, Timestamp: time.Now().Add(time.Hour), Value: []byte("x")}
	fails(cl.ProduceSync(e.ctx, record).FirstErr(), kerr.InvalidTimestamp, "produce")
}
