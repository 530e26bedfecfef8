package main

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The calls that Redpanda Console makes when it connects and shows a cluster, in its order.
func interfaceCases() []testCase {
	return []testCase{{"interface-redpanda-console", redpandaConsole}}
}

func redpandaConsole(e *env) {
	topic := e.topic(2)
	e.fill(topic, 2, 10)
	admin := e.admin()
	versions, err := admin.ApiVersions(e.ctx)
	check(err, "api versions")
	holds(len(versions.Sorted()) == 1, "one broker tells its versions")
	cluster, err := admin.BrokerMetadata(e.ctx)
	check(err, "metadata")
	holds(cluster.Cluster != "" && cluster.Controller == cluster.Brokers[0].NodeID, "cluster")
	all, err := admin.ListTopicsWithInternal(e.ctx)
	check(err, "topics")
	same(len(all[topic].Partitions), 2, "partitions")
	dirs, err := admin.DescribeAllLogDirs(e.ctx, nil)
	check(err, "log dirs")
	holds(dirs.Sorted()[0].Size() > 0, "bytes of the topic")
	broker, err := admin.DescribeBrokerConfigs(e.ctx, cluster.Controller)
	check(err, "broker configs")
	holds(len(broker[0].Configs) >= 340, "configs of the broker")
	configs, err := admin.DescribeTopicConfigs(e.ctx, topic)
	check(err, "topic configs")
	holds(len(configs[0].Configs) >= 33, "configs of the topic")
	_, err = admin.ListStartOffsets(e.ctx, topic)
	check(err, "start offsets")
	ends, err := admin.ListEndOffsets(e.ctx, topic)
	check(err, "end offsets")
	same(ends[topic][0].Offset+ends[topic][1].Offset, int64(10), "records")
	group := e.name("g")
	var offsets kadm.Offsets
	offsets.Add(kadm.Offset{Topic: topic, Partition: 0, At: 3, LeaderEpoch: -1})
	check(admin.CommitAllOffsets(e.ctx, group, offsets), "commit")
	groups, err := admin.ListGroups(e.ctx)
	check(err, "groups")
	_, err = admin.DescribeGroups(e.ctx, groups.Groups()...)
	check(err, "describe groups")
	check(admin.FetchManyOffsets(e.ctx, group).Error(), "offsets of groups")
	_, err = admin.DescribeACLs(e.ctx, kadm.NewACLs().AnyResource().Topics().Groups().Clusters().TransactionalIDs().Allow().AllowHosts().Operations().ResourcePatternType(kadm.ACLPatternAny))
	holds(err == nil || errors.Is(err, kerr.SecurityDisabled), "ACLs: %v", err)
	_, err = admin.DescribeClientQuotas(e.ctx, false, nil)
	check(err, "quotas")
	_, err = admin.DescribeUserSCRAMs(e.ctx)
	check(err, "users")
	_, err = admin.ListPartitionReassignments(e.ctx, nil)
	check(err, "reassignments")
	_, err = admin.ListTransactions(e.ctx, nil, nil)
	check(err, "transactions")
	var set kadm.TopicsSet
	set.Add(topic, 0, 1)
	_, err = admin.DescribeProducers(e.ctx, set)
	check(err, "producers")
	quorum := kmsg.NewPtrDescribeQuorumRequest()
	asked := kmsg.NewDescribeQuorumRequestTopic()
	asked.Topic = "__cluster_metadata"
	asked.Partitions = append(asked.Partitions, kmsg.NewDescribeQuorumRequestTopicPartition())
	quorum.Topics = append(quorum.Topics, asked)
	answer, err := quorum.RequestWith(e.ctx, e.client())
	check(err, "quorum")
	same(answer.Topics[0].Partitions[0].LeaderID, cluster.Controller, "leader of the quorum")
}
