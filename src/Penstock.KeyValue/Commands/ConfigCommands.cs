using System.Globalization;
using System.Text;
using Penstock.KeyValue.Store;
using static Penstock.KeyValue.Commands.CommandFlags;

namespace Penstock.KeyValue.Commands;

/// <summary>CONFIG: the parameters that tools ask for, under Redis's names.</summary>
internal static class ConfigCommands
{
    public static IReadOnlyList<Command> All { get; } = [new("config", -2, Run, Admin)];

    public static string NameOf(MemoryPolicy policy) =>
        policy == MemoryPolicy.AllKeysLru ? "allkeys-lru" : "noeviction";

    private static void Run(ref Invocation call)
    {
        if (call.Is(1, "get"u8) && call.Count >= 3)
            Get(in call);
        else if (call.Is(1, "set"u8) && call.Count >= 4)
            Set(in call);
        else if (call.Is(1, "resetstat"u8) && call.Count == 2)
            ResetStatistics(in call);
        else
            Subcommands.Refuse(in call, "get", "set", "resetstat");
    }

    private static void Get(in Invocation call)
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

    private static void Set(in Invocation call)
    {
        if (call.Count % 2 != 0)
        {
            call.Reply.Error(ErrorTexts.WrongArity, "config|set");
            return;
        }

        for (int i = 2; i < call.Count; i += 2)
        {
            if (Problem(in call, i) is not { } problem)
                continue;
            call.Reply.Error(problem);
            return;
        }

        for (int i = 2; i < call.Count; i += 2)
            Apply(in call, i);
        call.Reply.Ok();
    }

    /// <summary>Everything is checked before anything is set.</summary>
    private static string? Problem(in Invocation call, int index)
    {
        string name = call.TextOf(index).ToLowerInvariant();
        string failed = $"ERR CONFIG SET failed (possibly related to argument '{call.TextOf(index)}') - ";
        switch (name)
        {
            case "requirepass":
                return null;
            case "maxmemory":
                return MemorySize.TryParse(call.TextOf(index + 1), out _)
                    ? null
                    : failed + "argument must be a memory value";
            case "maxmemory-policy":
                return call.TextOf(index + 1).ToLowerInvariant() is "noeviction" or "allkeys-lru"
                    ? null
                    : failed + "argument(s) must be one of the following: allkeys-lru, noeviction";
            default:
                return Parameters(call.Database).Any(parameter => parameter.Name == name)
                    ? failed + "can't set immutable config"
                    : $"ERR Unknown option or number of arguments for CONFIG SET - '{call.TextOf(index)}'";
        }
    }

    private static void Apply(in Invocation call, int index)
    {
        KeyValueSettings settings = call.Database.Settings;
        if (call.Is(index, "maxmemory"u8) && MemorySize.TryParse(call.TextOf(index + 1), out long bytes))
            settings.MaxMemoryBytes = bytes;
        else if (call.Is(index, "requirepass"u8))
            settings.SetPassword(Encoding.UTF8.GetString(call[index + 1]));
        else
            settings.MemoryPolicy = PolicyAt(in call, index + 1);
    }

    private static MemoryPolicy PolicyAt(in Invocation call, int index) =>
        call.Is(index, "allkeys-lru"u8) ? MemoryPolicy.AllKeysLru : MemoryPolicy.NoEviction;

    private static void ResetStatistics(in Invocation call)
    {
        foreach (KeyValueLoop loop in call.Database.Loops.Values)
            loop.Counters.Reset();
        call.Reply.Ok();
    }
}
