package main

import (
	"context"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func groupCases() []testCase {
	balancers := map[string]kgo.GroupBalancer{"range": kgo.RangeBalancer(), "round-robin": kgo.RoundRobinBalancer(), "sticky": kgo.StickyBalancer(), "cooperative-sticky": kgo.CooperativeStickyBalancer()}
	var cases []testCase
	for name, balancer := range balancers {
		cases = append(cases, testCase{"group-" + name, func(e *env) { twoMembers(e, balancer) }})
	}
	return append(cases,
		testCase{"group-static-membership", staticMembership},
		testCase{"group-commit-and-resume", commitAndResume},
		testCase{"group-auto-commit", autoCommit},
		testCase{"group-commit-records", commitRecords},
		testCase{"group-five-members", fiveMembers},
	)
}

func shortly(e *env, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(e.ctx, d)
	context.AfterFunc(e.ctx, cancel)
	return ctx
}

// member is a group member whose polls run in the background.
type member struct {
	cl    *kgo.Client
	mu    sync.Mutex
	owned map[int32]bool
	got   []*kgo.Record
	lost  int
	done  chan struct{}
}

func (e *env) member(group, topic string, opts ...kgo.Opt) *member {
	m := &member{owned: map[int32]bool{}, done: make(chan struct{})}
	change := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32, owned bool) {
		m.mu.Lock()
		defer m.mu.Unlock()
		for _, partition := range partitions[topic] {
			if owned {
				m.owned[partition] = true
			} else {
				delete(m.owned, partition)
				m.lost++
			}
		}
	}
	m.cl = e.client(append([]kgo.Opt{
		kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.HeartbeatInterval(300 * time.Millisecond), kgo.SessionTimeout(10 * time.Second), kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(func(c context.Context, cl *kgo.Client, p map[string][]int32) { change(c, cl, p, true) }),
		kgo.OnPartitionsRevoked(func(c context.Context, cl *kgo.Client, p map[string][]int32) { change(c, cl, p, false) }),
		kgo.OnPartitionsLost(func(c context.Context, cl *kgo.Client, p map[string][]int32) { change(c, cl, p, false) }),
	}, opts...)...)
	go func() {
		defer close(m.done)
		for {
			fetches := m.cl.PollFetches(e.ctx)
			if fetches.IsClientClosed() || e.ctx.Err() != nil {
				return
			}
			m.mu.Lock()
			m.got = append(m.got, fetches.Records()...)
			m.mu.Unlock()
		}
	}()
	return m
}

func (m *member) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.owned)
}

func (m *member) records() []*kgo.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]*kgo.Record(nil), m.got...)
}

func twoMembers(e *env, balancer kgo.GroupBalancer) {
	topic := e.topic(4)
	group := e.name("group")
	one := e.member(group, topic, kgo.Balancers(balancer))
	eventually(e.ctx, func() bool { return one.count() == 4 }, "the first has all")
	two := e.member(group, topic, kgo.Balancers(balancer))
	eventually(e.ctx, func() bool { return one.count() == 2 && two.count() == 2 }, "both share")
	if balancer.IsCooperative() {
		same(one.lost, 2, "partitions that the first gave up")
	}
	e.fill(topic, 4, 40)
	eventually(e.ctx, func() bool { return len(one.records())+len(two.records()) >= 40 }, "all records")
	same(len(one.records())+len(two.records()), 40, "each once")
	two.cl.Close()
	eventually(e.ctx, func() bool { return one.count() == 4 }, "the one that stays has all")
}

func staticMembership(e *env) {
	topic := e.topic(4)
	group := e.name("group")
	one := e.member(group, topic, kgo.InstanceID("one"))
	two := e.member(group, topic, kgo.InstanceID("two"))
	eventually(e.ctx, func() bool { return one.count() == 2 && two.count() == 2 }, "both share")
	lost := one.lost
	_, generation := one.cl.GroupMetadata()
	// A static member that closes does not leave.
	two.cl.Close()
	again := e.member(group, topic, kgo.InstanceID("two"))
	eventually(e.ctx, func() bool { return again.count() == 2 }, "the member is back")
	_, after := one.cl.GroupMetadata()
	same(after, generation, "generation")
	same(one.lost, lost, "partitions that the other gave up")
	again.cl.Close()
	leave := kadm.LeaveGroup(group).InstanceIDs("two")
	left, err := e.admin().LeaveGroup(e.ctx, leave)
	check(err, "leave")
	check(left.Error(), "leave")
	eventually(e.ctx, func() bool { return one.count() == 4 }, "the one that stays has all")
}

func committed(e *env, group, topic string) int64 {
	offsets, err := e.admin().FetchOffsets(e.ctx, group)
	check(err, "fetch offsets")
	found, ok := offsets.Lookup(topic, 0)
	if !ok {
		return -1
	}
	return found.At
}

func commitAndResume(e *env) {
	topic := e.topic(1)
	group := e.name("group")
	e.fill(topic, 1, 50)
	one := e.member(group, topic)
	eventually(e.ctx, func() bool { return len(one.records()) == 50 }, "all records")
	check(one.cl.CommitRecords(e.ctx, one.records()[19]), "commit")
	one.cl.Close()
	two := e.member(group, topic)
	eventually(e.ctx, func() bool { return len(two.records()) >= 30 }, "the rest")
	same(two.records()[0].Offset, int64(20), "first of the rest")
	same(committed(e, group, topic), int64(20), "committed")
}

func autoCommit(e *env) {
	topic := e.topic(1)
	group := e.name("group")
	e.fill(topic, 1, 30)
	cl := e.client(kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.AutoCommitInterval(200*time.Millisecond))
	e.take(cl, 30)
	cl.PollFetches(shortly(e, 500*time.Millisecond))
	eventually(e.ctx, func() bool { return committed(e, group, topic) == 30 }, "committed")
}

func commitRecords(e *env) {
	topic := e.topic(1)
	group := e.name("group")
	var offsets kadm.Offsets
	offsets.Add(kadm.Offset{Topic: topic, Partition: 0, At: 7, LeaderEpoch: 0, Metadata: "a note ☃"})
	check(e.admin().CommitAllOffsets(e.ctx, group, offsets), "commit")
	fetched, err := e.admin().FetchOffsets(e.ctx, group)
	check(err, "fetch offsets")
	found, _ := fetched.Lookup(topic, 0)
	same(found.At, int64(7), "offset")
	same(found.Metadata, "a note ☃", "metadata")
}

func fiveMembers(e *env) {
	topic := e.topic(10)
	group := e.name("group")
	var members []*member
	for range 5 {
		members = append(members, e.member(group, topic))
	}
	share := func() bool {
		total := 0
		for _, m := range members {
			total += m.count()
			if m.count() == 0 {
				return false
			}
		}
		return total == 10
	}
	eventually(e.ctx, share, "five share ten")
	members[4].cl.Close()
	members[3].cl.Close()
	members = members[:3]
	eventually(e.ctx, share, "three share ten")
}
