using System.Globalization;
using System.Text;
using Penstock.KeyValue.Store;
using static Penstock.KeyValue.Commands.CommandFlags;

namespace Penstock.KeyValue.Commands;

/// <summary>CONFIG: the parameters that tools ask for, under Redis's names.</summary>
internal static class ConfigCommands
{
    private static readonly string[] Changeable = ["maxmemory", "maxmemory-policy", "requirepass"];

    public static IReadOnlyList<Command> All { get; } =
    [
        new("config", [
            new("get", -3, Get, Admin),
            new("set", -4, Set, Admin),
            new("resetstat", 2, ResetStatistics, Admin),
        ]),
    ];

    public static string NameOf(MemoryPolicy policy) =>
        policy == MemoryPolicy.AllKeysLru ? "allkeys-lru" : "noeviction";

    private static void Get(ref Invocation call)
    {
        List<(string Name, string Value)> found = [];
        foreach ((string name, string value) in Parameters(call.Database))
        {
            byte[] parameter = Encoding.ASCII.GetBytes(name);
            bool matches = false;
            for (int i = 2; i < call.Count && !matches; i++)
            {
                byte[] pattern = Encoding.Latin1.GetBytes(call.TextOf(i).ToLowerInvariant());
                matches = GlobPattern.Matches(pattern, parameter);
            }

            if (matches)
                found.Add((name, value));
        }

        call.Reply.Map(found.Count);
        foreach ((string name, string value) in found)
        {
            call.Reply.Bulk(name);
            call.Reply.Bulk(value);
        }
    }

    private static IEnumerable<(string Name, string Value)> Parameters(KeyValueDatabase database)
    {
        KeyValueOptions options = database.Options;
        yield return ("maxmemory", Text(database.Settings.MaxMemoryBytes));
        yield return ("maxmemory-policy", NameOf(database.Settings.MemoryPolicy));
        yield return ("save", "");
        yield return ("appendonly", options.DataDirectory is null ? "no" : "yes");
        yield return ("appendfsync", options.Sync switch
        {
            SyncPolicy.Always => "always",
            SyncPolicy.EverySecond => "everysec",
            _ => "no",
        });
        yield return ("dir", options.DataDirectory ?? "");
        yield return ("databases", "1");
        yield return ("proto-max-bulk-len", Text(options.MaxValueBytes));
        yield return ("maxclients", Text(options.Resp?.MaxConnections ?? 0));
        yield return ("timeout", Text((long)Math.Max(options.Resp?.IdleTimeout.TotalSeconds ?? 0, 0)));
        yield return ("protected-mode", options.Unprotected ? "no" : "yes");
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static void Set(ref Invocation call)
    {
        if (call.Count % 2 != 0)
            call.SyntaxError();
        else if (Problem(in call) is { } problem)
            call.Error(problem);
        else
            Apply(ref call);
    }

    private static void Apply(ref Invocation call)
    {
        for (int i = 2; i < call.Count; i += 2)
            Apply(in call, i);
        call.Reply.Ok();
    }

    /// <summary>
    /// Why nothing can be set; null when everything can. All names are looked at before any value. What cannot be
    /// changed may be set to what it is.
    /// </summary>
    private static string? Problem(in Invocation call)
    {
        string[] names = new string[call.Count / 2 - 1];
        for (int i = 0; i < names.Length; i++)
            names[i] = call.TextOf(2 + (i * 2)).ToLowerInvariant();

        Dictionary<string, string> current = Parameters(call.Database).ToDictionary();
        for (int i = 0; i < names.Length; i++)
        {
            string asGiven = call.TextOf(2 + (i * 2));
            bool changeable = Changeable.Contains(names[i]);
            if (!changeable && !current.ContainsKey(names[i]))
                return $"ERR Unknown option or number of arguments for CONFIG SET - '{asGiven}'";
            if (!changeable && current[names[i]] != call.TextOf(3 + (i * 2)))
                return Failed(asGiven, "can't set immutable config");
            if (names.AsSpan(0, i).Contains(names[i]))
                return Failed(asGiven, "duplicate parameter");
        }

        for (int i = 0; i < names.Length; i++)
        {
            if (ProblemOf(names[i], call.TextOf(3 + (i * 2))) is { } problem)
                return Failed(names[i], problem);
        }

        return null;
    }

    private static string Failed(string name, string reason) =>
        $"ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}";

    private static string? ProblemOf(string name, string value) => name switch
    {
        "maxmemory" when !MemorySize.TryParse(value, out _) => "argument must be a memory value",
        "maxmemory-policy" when value.ToLowerInvariant() is not ("noeviction" or "allkeys-lru") =>
            "argument(s) must be one of the following: allkeys-lru, noeviction",
        _ => null,
    };

    private static void Apply(in Invocation call, int index)
    {
        KeyValueSettings settings = call.Database.Settings;
        if (call.Is(index, "maxmemory"u8) && MemorySize.TryParse(call.TextOf(index + 1), out long bytes))
            settings.MaxMemoryBytes = bytes;
        else if (call.Is(index, "requirepass"u8))
            settings.SetPassword(call[index + 1]);
        else if (call.Is(index, "maxmemory-policy"u8))
            settings.MemoryPolicy = PolicyAt(in call, index + 1);
    }

    private static MemoryPolicy PolicyAt(in Invocation call, int index) =>
        call.Is(index, "allkeys-lru"u8) ? MemoryPolicy.AllKeysLru : MemoryPolicy.NoEviction;

    private static void ResetStatistics(ref Invocation call)
    {
        foreach (KeyValueLoop loop in call.Database.Loops.Values)
            loop.Counters.Reset();
        call.Reply.Ok();
    }
}
