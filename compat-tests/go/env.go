package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
)

// env is what a case works with: clients of the broker under test, and names of its own.
type env struct {
	ctx       context.Context
	bootstrap string
	prefix    string
	mu        sync.Mutex
	names     int
	open      []*kgo.Client
	adm       *kadm.Client
	// login is nil on a listener without security.
	login func() sasl.Mechanism
}

func (e *env) name(what string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.names++
	return fmt.Sprintf("%s%s%d", e.prefix, what, e.names)
}

func (e *env) client(opts ...kgo.Opt) *kgo.Client {
	all := append([]kgo.Opt{kgo.SeedBrokers(e.bootstrap), kgo.MetadataMinAge(50e6)}, e.loginOptions()...)
	cl, err := kgo.NewClient(append(all, opts...)...)
	check(err, "new client")
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open = append(e.open, cl)
	return cl
}

func (e *env) admin() *kadm.Client {
	if e.adm == nil {
		e.adm = kadm.NewClient(e.client())
	}
	return e.adm
}

func (e *env) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, cl := range e.open {
		cl.Close()
	}
}

// topic creates a topic that is ready, with configs as name, value, name, value.
func (e *env) topic(partitions int32, configs ...string) string {
	name := e.name("topic")
	settings := map[string]*string{}
	for i := 0; i < len(configs); i += 2 {
		settings[configs[i]] = &configs[i+1]
	}
	_, err := e.admin().CreateTopic(e.ctx, partitions, 1, settings, name)
	check(err, "create topic")
	eventually(e.ctx, func() bool {
		listed, err := e.admin().ListEndOffsets(e.ctx, name)
		return err == nil && listed.Error() == nil && len(listed[name]) == int(partitions)
	}, "topic is ready")
	return name
}

// send produces the records and waits for every ack.
func (e *env) send(records []*kgo.Record, opts ...kgo.Opt) {
	cl := e.client(append([]kgo.Opt{kgo.RecordPartitioner(kgo.ManualPartitioner())}, opts...)...)
	check(cl.ProduceSync(e.ctx, records...).FirstErr(), "produce")
}

// fill sends v0, v1 … round robin over the partitions.
func (e *env) fill(topic string, partitions, count int, opts ...kgo.Opt) {
	var records []*kgo.Record
	for i := range count {
		records = append(records, &kgo.Record{Topic: topic, Partition: int32(i % partitions), Key: fmt.Appendf(nil, "k%d", i), Value: fmt.Appendf(nil, "v%d", i)})
	}
	e.send(records, opts...)
}

// take polls until so many records have come.
func (e *env) take(cl *kgo.Client, count int) []*kgo.Record {
	var got []*kgo.Record
	for len(got) < count {
		fetches := cl.PollFetches(e.ctx)
		check(e.ctx.Err(), fmt.Sprintf("%d of %d records", len(got), count))
		for _, problem := range fetches.Errors() {
			check(problem.Err, "fetch of "+problem.Topic)
		}
		got = append(got, fetches.Records()...)
	}
	return got
}

// readAll reads all records of a topic from the beginning, without a group.
func (e *env) readAll(topic string, count int, opts ...kgo.Opt) []*kgo.Record {
	cl := e.client(append([]kgo.Opt{kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())}, opts...)...)
	got := e.take(cl, count)
	same(len(got), count, "records read")
	return got
}

// from reads partition 0 of a topic from an offset on.
func (e *env) from(topic string, offset kgo.Offset, opts ...kgo.Opt) *kgo.Client {
	place := map[string]map[int32]kgo.Offset{topic: {0: offset}}
	return e.client(append([]kgo.Opt{kgo.ConsumePartitions(place)}, opts...)...)
}
