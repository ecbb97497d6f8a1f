using System.Globalization;
using System.Text;
using Penstock.KeyValue.Store;

namespace Penstock.KeyValue.Commands;

/// <summary>The text of INFO, with the names that Redis's tools look for.</summary>
internal static class ServerInformation
{
    private static readonly string[] Default =
    [
        "server", "clients", "memory", "persistence", "stats", "replication", "cpu", "errorstats", "cluster",
        "keyspace",
    ];

    private static readonly string[] All = [.. Default, "commandstats"];

    public static string Describe(KeyValueLoop loop, List<string> wanted)
    {
        bool all = wanted.Exists(name => name is "all" or "everything");
        bool usual = all || wanted.Count == 0 || wanted.Contains("default");
        var text = new StringBuilder();
        foreach (string section in All)
        {
            if (!all && !(usual && Default.Contains(section)) && !wanted.Contains(section))
                continue;
            if (text.Length > 0)
                text.Append("\r\n");
            text.Append(CultureInfo.InvariantCulture, $"# {char.ToUpperInvariant(section[0])}{section[1..]}\r\n");
            foreach ((string name, object value) in Section(section, loop))
                text.Append(CultureInfo.InvariantCulture, $"{name}:{value}\r\n");
        }

        return text.ToString();
    }

    private static IEnumerable<(string Name, object Value)> Section(string name, KeyValueLoop loop) => name switch
    {
        "server" => Server(loop.Database, loop.Context.Group),
        "clients" => Clients(loop.Database),
        "memory" => Memory(loop.Database),
        "persistence" => Persistence(loop.Database),
        "stats" => Statistics(loop.Database),
        "replication" => Replication(loop.Database),
        "cpu" => Processor(Environment.CpuUsage),
        "errorstats" => Errors(loop.Database),
        "cluster" => [("cluster_enabled", 0)],
        "commandstats" => Commands(loop.Database),
        _ => Keys(loop.Database.Keyspace),
    };

    private static IEnumerable<(string Name, object Value)> Server(KeyValueDatabase database, LoopGroup group) =>
    [
        ("redis_version", KeyValueDatabase.RedisVersion),
        ("redis_mode", "standalone"),
        ("server_name", "penstock"),
        ("penstock_version", typeof(KeyValueDatabase).Assembly.GetName().Version?.ToString(3) ?? ""),
        ("os", Environment.OSVersion.VersionString),
        ("process_id", Environment.ProcessId),
        ("run_id", database.RunId),
        ("loops", group.Count),
        ("io", group.Description),
        ("uptime_in_seconds", (database.UnixTime - database.StartedAt) / 1000),
    ];

    private static IEnumerable<(string Name, object Value)> Clients(KeyValueDatabase database) =>
    [
        ("connected_clients", database.ClientCount),
        ("pubsub_clients", database.Clients.Count(client => client.IsSubscribed)),
    ];

    private static IEnumerable<(string Name, object Value)> Memory(KeyValueDatabase database) =>
    [
        ("used_memory", database.Keyspace.MemoryBytes),
        ("used_memory_rss", Environment.WorkingSet),
        ("maxmemory", database.Settings.MaxMemoryBytes),
        ("maxmemory_policy", ConfigCommands.NameOf(database.Settings.MemoryPolicy)),
    ];

    private static IEnumerable<(string Name, object Value)> Persistence(KeyValueDatabase database) =>
    [
        ("loading", 0),
        ("rdb_bgsave_in_progress", database.IsCompacting ? 1 : 0),
        ("rdb_last_save_time", database.LastSnapshotAt),
        ("rdb_last_bgsave_status", database.HasSnapshotFailed ? "err" : "ok"),
        ("aof_enabled", database.Log is null ? 0 : 1),
        ("aof_last_write_status", database.Log?.Failure is null ? "ok" : "err"),
        ("aof_current_size", database.Log?.FileBytes ?? 0),
        ("log_syncs", database.Log?.Syncs ?? 0),
        ("log_records", database.Log?.Appended ?? 0),
    ];

    private static IEnumerable<(string Name, object Value)> Statistics(KeyValueDatabase database) =>
    [
        ("total_connections_received", database.Sum(loop => loop.Counters.Opened)),
        ("total_commands_processed", database.Sum(loop => loop.Counters.Commands)),
        ("keyspace_hits", database.Sum(loop => loop.Counters.Hits)),
        ("keyspace_misses", database.Sum(loop => loop.Counters.Misses)),
        ("expired_keys", database.Sum(loop => loop.Keys.ExpiredKeys)),
        ("evicted_keys", database.Sum(loop => loop.Counters.EvictedKeys)),
        ("total_error_replies", database.Sum(loop => loop.Counters.Errors.Total)),
        ("refused_writes", database.Sum(loop => loop.Counters.RefusedWrites)),
        ("held_replies", database.Sum(loop => loop.Counters.HeldReplies)),
        ("slow_subscribers_disconnected", database.Sum(loop => loop.Counters.SlowSubscribers)),
        ("pubsub_channels", database.Publications.ChannelsLike("*"u8).Count),
        ("pubsub_patterns", database.Publications.PatternCount),
    ];

    /// <summary>There are no replicas; tools that look for them look for these.</summary>
    private static IEnumerable<(string Name, object Value)> Replication(KeyValueDatabase database) =>
    [
        ("role", "master"),
        ("connected_slaves", 0),
        ("master_failover_state", "no-failover"),
        ("master_replid", database.RunId),
        ("master_replid2", new string('0', 40)),
        ("master_repl_offset", 0),
        ("second_repl_offset", -1),
        ("repl_backlog_active", 0),
        ("repl_backlog_size", 0),
        ("repl_backlog_first_byte_offset", 0),
        ("repl_backlog_histlen", 0),
    ];

    private static IEnumerable<(string Name, object Value)> Errors(KeyValueDatabase database)
    {
        var sums = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (KeyValueLoop loop in database.Loops.Values)
            loop.Counters.Errors.AddTo(sums);
        return sums.Select(sum => ($"errorstat_{sum.Key}", (object)$"count={sum.Value}"));
    }

    /// <summary>
    /// Tools take the fields by their place, so the times are there; they are 0, because nobody looks at the clock for
    /// each command.
    /// </summary>
    private static IEnumerable<(string Name, object Value)> Commands(KeyValueDatabase database)
    {
        foreach (Command command in CommandTable.WithSubcommands)
        {
            long made = database.Sum(loop => loop.Counters.CallsOf(command).Made);
            long rejected = database.Sum(loop => loop.Counters.CallsOf(command).Rejected);
            long failed = database.Sum(loop => loop.Counters.CallsOf(command).Failed);
            if (made + rejected + failed == 0)
                continue;
            yield return (
                $"cmdstat_{command.FullName}",
                $"calls={made},usec=0,usec_per_call=0.00,rejected_calls={rejected},failed_calls={failed}");
        }
    }

    private static IEnumerable<(string Name, object Value)> Processor(Environment.ProcessCpuUsage usage) =>
    [
        ("used_cpu_user", usage.UserTime.TotalSeconds),
        ("used_cpu_sys", usage.PrivilegedTime.TotalSeconds),
    ];

    private static IEnumerable<(string Name, object Value)> Keys(Keyspace keyspace) =>
        keyspace.Count == 0 ? [] : [("db0", $"keys={keyspace.Count},expires={keyspace.ExpiringCount},avg_ttl=0")];
}
