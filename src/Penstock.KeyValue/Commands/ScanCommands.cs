using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Penstock.KeyValue.Store;
using static Penstock.KeyValue.Commands.CommandFlags;

namespace Penstock.KeyValue.Commands;

/// <summary>Looking at many keys.</summary>
internal static class ScanCommands
{
    public static IReadOnlyList<Command> All { get; } =
    [
        new("keys", 2, Keys, ReadOnly | AllKeys),
        new("scan", -2, Scan, ReadOnly | AllKeys),
        new("randomkey", 1, RandomKey, ReadOnly | AllKeys),
        new("dbsize", 1, Size, ReadOnly | Fast),
        new("flushdb", -1, Flush, Write | AllKeys),
        new("flushall", -1, Flush, Write | AllKeys),
    ];

    private static void Keys(ref Invocation call)
    {
        List<byte[]> found = [];
        foreach (Shard shard in call.Keys.Keyspace.Shards)
        {
            for (int i = shard.Count - 1; i >= 0; i--)
            {
                if (!call.Keys.ExpireIfOver(shard, i) && GlobPattern.Matches(call[1], shard[i].Key))
                    found.Add(shard[i].Key.ToArray());
            }
        }

        call.Reply.Array(found.Count);
        foreach (byte[] key in found)
            call.Reply.Bulk(key);
    }

    /// <summary>
    /// The cursor is a shard and a place in it, which counts down. What is there from the first call to the last is
    /// shown at least once, as <see cref="Shard"/> explains.
    /// </summary>
    private static void Scan(ref Invocation call)
    {
        if (!Utf8Parser.TryParse(call[1], out ulong cursor, out int consumed) || consumed != call[1].Length)
        {
            call.Error(ErrorTexts.BadCursor);
            return;
        }

        if (!ScanOptions.TryRead(in call, 2, out ScanOptions options))
            return;
        List<byte[]> found = [];
        cursor = Collect(in call, cursor, options, found);
        call.Reply.Array(2);
        call.Reply.Bulk(Encoding.ASCII.GetBytes(cursor.ToString(CultureInfo.InvariantCulture)));
        call.Reply.Array(found.Count);
        foreach (byte[] key in found)
            call.Reply.Bulk(key);
    }

    private static ulong Collect(in Invocation call, ulong cursor, ScanOptions options, List<byte[]> found)
    {
        int place = (int)Math.Min(cursor >> 32, Keyspace.ShardCount);
        long next = cursor == 0 ? int.MaxValue : (uint)cursor;
        ReadOnlySpan<byte> pattern = options.Pattern;
        for (long budget = options.Count; place < Keyspace.ShardCount; place++, next = int.MaxValue)
        {
            Shard shard = call.Keys.Keyspace.Shards[place];
            int index = (int)Math.Min(next, shard.Count);
            for (; index > 0 && budget > 0; budget--)
            {
                bool isThere = !call.Keys.ExpireIfOver(shard, --index) && options.IncludesStrings;
                if (isThere && GlobPattern.Matches(pattern, shard[index].Key))
                    found.Add(shard[index].Key.ToArray());
            }

            if (index > 0)
                return ((ulong)place << 32) | (uint)index;
        }

        return 0;
    }

    private static void RandomKey(ref Invocation call)
    {
        const int Attempts = 128;
        Shard[] shards = call.Keys.Keyspace.Shards;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            long total = call.Keys.Keyspace.Count;
            if (total == 0)
                break;
            long place = call.Loop.Evictor.NextRandom() % total;
            int shard = 0;
            while (place >= shards[shard].Count)
                place -= shards[shard++].Count;
            if (call.Keys.ExpireIfOver(shards[shard], (int)place))
                continue;
            call.Reply.Bulk(shards[shard][(int)place].Key);
            return;
        }

        call.Reply.Null();
    }

    private static void Size(ref Invocation call) => call.Reply.Integer(call.Keys.Keyspace.Count);

    private static void Flush(ref Invocation call)
    {
        if (call.Count > 2 || (call.Count == 2 && !call.Is(1, "sync"u8) && !call.Is(1, "async"u8)))
        {
            call.SyntaxError();
            return;
        }

        call.Keys.Clear();
        call.Reply.Ok();
    }
}
