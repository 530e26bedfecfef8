package main

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

func adminCases() []testCase {
	return []testCase{
		{"admin-topics", adminTopics},
		{"admin-topic-errors", topicErrors},
		{"admin-partitions", partitions},
		{"admin-configs", configs},
		{"admin-broker-configs", brokerConfigs},
		{"admin-list-offsets", listOffsets},
		{"admin-delete-records", deleteRecords},
		{"admin-groups", groups},
		{"admin-group-lag", groupLag},
		{"admin-group-offsets", groupOffsets},
		{"admin-log-dirs", logDirs},
		{"admin-metadata", metadata},
		{"admin-api-versions", apiVersions},
		{"admin-leader-epoch", leaderEpoch},
	}
}

func adminTopics(e *env) {
	topic := e.topic(3, "retention.ms", "5000")
	listed, err := e.admin().ListTopics(e.ctx, topic)
	check(err, "list")
	same(len(listed[topic].Partitions), 3, "partitions")
	holds(listed[topic].ID != kadm.TopicID{}, "topic id")
	_, err = e.admin().DeleteTopic(e.ctx, topic)
	check(err, "delete")
	eventually(e.ctx, func() bool {
		all, err := e.admin().ListTopics(e.ctx)
		return err == nil && !all.Has(topic)
	}, "gone")
}

func topicErrors(e *env) {
	topic := e.topic(1)
	_, err := e.admin().CreateTopic(e.ctx, 1, 1, nil, topic)
	fails(err, kerr.TopicAlreadyExists, "twice")
	_, err = e.admin().CreateTopic(e.ctx, 1, 1, nil, "a b")
	fails(err, kerr.InvalidTopicException, "name")
	_, err = e.admin().CreateTopic(e.ctx, 1, 9, nil, e.name("t"))
	fails(err, kerr.InvalidReplicationFactor, "replicas")
	_, err = e.admin().CreateTopic(e.ctx, 0, 1, nil, e.name("t"))
	fails(err, kerr.InvalidPartitions, "partitions")
	_, err = e.admin().CreateTopic(e.ctx, 1, 1, map[string]*string{"no.such": kadm.StringPtr("1")}, e.name("t"))
	fails(err, kerr.InvalidConfig, "config")
	_, err = e.admin().DeleteTopic(e.ctx, e.name("no"))
	fails(err, kerr.UnknownTopicOrPartition, "delete")
}

func partitions(e *env) {
	topic := e.topic(2)
	grown, err := e.admin().UpdatePartitions(e.ctx, 5, topic)
	check(err, "update")
	check(grown.Error(), "update")
	eventually(e.ctx, func() bool {
		listed, err := e.admin().ListTopics(e.ctx, topic)
		return err == nil && len(listed[topic].Partitions) == 5
	}, "five partitions")
	shrunk, err := e.admin().UpdatePartitions(e.ctx, 3, topic)
	check(err, "update")
	fails(shrunk.Error(), kerr.InvalidPartitions, "fewer")
}

func configOf(e *env, topic, name string) string {
	found, err := e.admin().DescribeTopicConfigs(e.ctx, topic)
	check(err, "describe configs")
	resource, err := found.On(topic, nil)
	check(err, "describe configs")
	for _, config := range resource.Configs {
		if config.Key == name {
			return config.MaybeValue()
		}
	}
	return "none"
}

func configs(e *env) {
	topic := e.topic(1, "retention.ms", "5000")
	same(configOf(e, topic, "retention.ms"), "5000", "set at creation")
	same(configOf(e, topic, "max.message.bytes"), "1048588", "default")
	altered, err := e.admin().AlterTopicConfigs(e.ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "max.message.bytes", Value: kadm.StringPtr("7777")}, {Op: kadm.DeleteConfig, Name: "retention.ms"}}, topic)
	check(err, "alter")
	check(altered[0].Err, "alter")
	eventually(e.ctx, func() bool { return configOf(e, topic, "max.message.bytes") == "7777" }, "set")
	same(configOf(e, topic, "retention.ms"), "604800000", "deleted")
	refused, err := e.admin().AlterTopicConfigs(e.ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: kadm.StringPtr("soon")}}, topic)
	check(err, "alter")
	fails(refused[0].Err, kerr.InvalidConfig, "not a number")
	state, err := e.admin().AlterTopicConfigsState(e.ctx, []kadm.AlterConfig{{Name: "retention.ms", Value: kadm.StringPtr("6000")}}, topic)
	check(err, "alter state")
	check(state[0].Err, "alter state")
	eventually(e.ctx, func() bool { return configOf(e, topic, "max.message.bytes") == "1048588" }, "what was not given is back to its default")
}

func brokerConfigs(e *env) {
	brokers, err := e.admin().ListBrokers(e.ctx)
	check(err, "brokers")
	found, err := e.admin().DescribeBrokerConfigs(e.ctx, brokers[0].NodeID)
	check(err, "describe")
	holds(len(found) == 1 && found[0].Err == nil && len(found[0].Configs) > 20, "configs %v", found)
}

func listOffsets(e *env) {
	topic := e.topic(2)
	e.fill(topic, 2, 30)
	start, err := e.admin().ListStartOffsets(e.ctx, topic)
	check(err, "start")
	same(start[topic][1].Offset, int64(0), "start")
	end, err := e.admin().ListEndOffsets(e.ctx, topic)
	check(err, "end")
	same(end[topic][1].Offset, int64(15), "end")
	stable, err := e.admin().ListCommittedOffsets(e.ctx, topic)
	check(err, "stable")
	same(stable[topic][1].Offset, int64(15), "stable")
	latest, err := e.admin().ListMaxTimestampOffsets(e.ctx, topic)
	check(err, "max timestamp")
	holds(latest[topic][1].Offset >= 0 && latest[topic][1].Timestamp > 0, "max timestamp %v", latest[topic][1])
}

func deleteRecords(e *env) {
	topic := e.topic(1)
	e.fill(topic, 1, 20)
	var before kadm.Offsets
	before.Add(kadm.Offset{Topic: topic, Partition: 0, At: 12})
	done, err := e.admin().DeleteRecords(e.ctx, before)
	check(err, "delete")
	check(done.Error(), "delete")
	same(done[topic][0].LowWatermark, int64(12), "low watermark")
	same(e.readAll(topic, 8)[0].Offset, int64(12), "first")
}

func groups(e *env) {
	topic := e.topic(2)
	group := e.name("group")
	m := e.member(group, topic)
	eventually(e.ctx, func() bool { return m.count() == 2 }, "assigned")
	described, err := e.admin().DescribeGroups(e.ctx, group)
	check(err, "describe")
	found := described[group]
	same(found.State, "Stable", "state")
	same(len(found.Members), 1, "members")
	assigned := found.AssignedPartitions()
	holds(assigned.Lookup(topic, 0) && assigned.Lookup(topic, 1), "assignment %v", assigned)
	stable, err := e.admin().ListGroups(e.ctx, "Stable")
	check(err, "list")
	holds(slices.Contains(stable.Groups(), group), "listed as stable")
	_, err = e.admin().DeleteGroup(e.ctx, group)
	fails(err, kerr.NonEmptyGroup, "a living group")
	m.cl.Close()
	eventually(e.ctx, func() bool {
		_, err := e.admin().DeleteGroup(e.ctx, group)
		return err == nil
	}, "deleted")
	_, err = e.admin().DeleteGroup(e.ctx, group)
	fails(err, kerr.GroupIDNotFound, "twice")
}

func groupLag(e *env) {
	topic := e.topic(1)
	group := e.name("group")
	e.fill(topic, 1, 30)
	var offsets kadm.Offsets
	offsets.Add(kadm.Offset{Topic: topic, Partition: 0, At: 12, LeaderEpoch: -1})
	check(e.admin().CommitAllOffsets(e.ctx, group, offsets), "commit")
	lags, err := e.admin().Lag(e.ctx, group)
	check(err, "lag")
	check(lags.Error(), "lag")
	same(lags[group].Lag.Total(), int64(18), "lag")
}

func groupOffsets(e *env) {
	topic := e.topic(2)
	one, two := e.name("one"), e.name("two")
	for at, group := range []string{one, two} {
		var offsets kadm.Offsets
		offsets.Add(kadm.Offset{Topic: topic, Partition: 1, At: int64(at + 5), LeaderEpoch: -1})
		check(e.admin().CommitAllOffsets(e.ctx, group, offsets), "commit")
	}
	many := e.admin().FetchManyOffsets(e.ctx, one, two)
	check(many.Error(), "fetch many")
	found, _ := many[two].Fetched.Lookup(topic, 1)
	same(found.At, int64(6), "offset of the second")
	var which kadm.TopicsSet
	which.Add(topic, 1)
	deleted, err := e.admin().DeleteOffsets(e.ctx, one, which)
	check(err, "delete offsets")
	check(deleted.Error(), "delete offsets")
	rest, err := e.admin().FetchOffsets(e.ctx, one)
	check(err, "fetch")
	_, ok := rest.Lookup(topic, 1)
	holds(!ok, "gone")
}

func logDirs(e *env) {
	topic := e.topic(2)
	e.fill(topic, 2, 100)
	var which kadm.TopicsSet
	which.Add(topic, 0, 1)
	all, err := e.admin().DescribeAllLogDirs(e.ctx, which)
	check(err, "describe")
	count, size := 0, int64(0)
	all.Each(func(dir kadm.DescribedLogDir) {
		check(dir.Err, "describe")
		dir.Topics.Each(func(p kadm.DescribedLogDirPartition) {
			count++
			size += p.Size
		})
	})
	same(count, 2, "partitions")
	holds(size > 1000, "size %d", size)
}

func metadata(e *env) {
	found, err := e.admin().BrokerMetadata(e.ctx)
	check(err, "metadata")
	same(len(found.Brokers), 1, "brokers")
	same(found.Controller, found.Brokers[0].NodeID, "controller")
	holds(found.Cluster != "", "cluster id")
}

func apiVersions(e *env) {
	versions, err := e.admin().ApiVersions(e.ctx)
	check(err, "api versions")
	for _, broker := range versions {
		check(broker.Err, "api versions")
		lowest, highest, ok := broker.KeyVersions(0)
		holds(ok && lowest == 0 && highest >= 9, "produce %d to %d", lowest, highest)
	}
}

func leaderEpoch(e *env) {
	topic := e.topic(1)
	e.fill(topic, 1, 10)
	listed, err := e.admin().ListEndOffsets(e.ctx, topic)
	check(err, "list offsets")
	var ask kadm.OffsetForLeaderEpochRequest
	ask.Add(topic, 0, max(listed[topic][0].LeaderEpoch, 0))
	found, err := e.admin().OffsetForLeaderEpoch(e.ctx, ask)
	check(err, "offset for leader epoch")
	same(found[topic][0].EndOffset, int64(10), "end offset")
}
