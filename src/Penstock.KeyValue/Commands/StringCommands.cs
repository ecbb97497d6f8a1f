using System.Runtime.CompilerServices;
using Penstock.KeyValue.Store;
using static Penstock.KeyValue.Commands.CommandFlags;

namespace Penstock.KeyValue.Commands;

/// <summary>Reading and writing whole values and parts of them.</summary>
internal static class StringCommands
{
    public static IReadOnlyList<Command> All { get; } =
    [
        new("get", 2, Get, ReadOnly | Fast, 1),
        new("set", -3, SetCommand.Run, Write | DenyOutOfMemory, 1),
        new("setnx", 3, SetIfMissing, Write | DenyOutOfMemory | Fast, 1),
        new("setex", 4, SetWithSeconds, Write | DenyOutOfMemory, 1),
        new("psetex", 4, SetWithMilliseconds, Write | DenyOutOfMemory, 1),
        new("getset", 3, GetAndSet, Write | DenyOutOfMemory | Fast, 1),
        new("getdel", 2, GetAndDelete, Write | Fast, 1),
        new("getex", -2, GetAndExpire, Write | Fast, 1),
        new("mget", -2, GetMany, ReadOnly | Fast, 1, -1),
        new("mset", -3, SetMany, Write | DenyOutOfMemory, 1, -1, 2),
        new("msetnx", -3, SetManyIfMissing, Write | DenyOutOfMemory, 1, -1, 2),
        new("append", 3, Append, Write | DenyOutOfMemory | Fast, 1),
        new("strlen", 2, Length, ReadOnly | Fast, 1),
        new("getrange", 4, GetRange, ReadOnly, 1),
        new("substr", 4, GetRange, ReadOnly, 1),
        new("setrange", 4, SetRange, Write | DenyOutOfMemory, 1),
    ];

    /// <summary>Replies with a key's value, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReplyValue(ref Invocation call, StoreKey key)
    {
        ref Entry entry = ref call.Keys.Find(key);
        if (Unsafe.IsNullRef(ref entry))
        {
            call.Loop.Counters.Misses++;
            call.Reply.Null();
            return;
        }

        call.Loop.Counters.Hits++;
        call.Reply.Bulk(entry.Value);
    }

    private static void Get(ref Invocation call) => ReplyValue(ref call, call.Key);

    private static void SetIfMissing(ref Invocation call)
    {
        bool missing = !call.Keys.Exists(call.Key);
        if (missing)
            call.Keys.Set(call.Key, call[2]);
        call.Reply.Integer(missing ? 1 : 0);
    }

    private static void SetWithSeconds(ref Invocation call) => SetWithTime(ref call, TimeUnit.Seconds);

    private static void SetWithMilliseconds(ref Invocation call) => SetWithTime(ref call, TimeUnit.Milliseconds);

    private static void SetWithTime(ref Invocation call, TimeUnit unit)
    {
        if (!ExpiryTimes.TryRead(in call, 2, unit, relative: true, out long expiresAt))
            return;
        call.Keys.Set(call.Key, call[3], expiresAt);
        call.Reply.Ok();
    }

    private static void GetAndSet(ref Invocation call)
    {
        ReplyValue(ref call, call.Key);
        call.Keys.Set(call.Key, call[2]);
    }

    private static void GetAndDelete(ref Invocation call)
    {
        ReplyValue(ref call, call.Key);
        call.Keys.Remove(call.Key);
    }

    private static void GetAndExpire(ref Invocation call)
    {
        if (!SetOptions.TryRead(in call, 2, SetOptions.ForGetEx, out SetOptions options))
            return;
        bool exists = call.Keys.Exists(call.Key);
        ReplyValue(ref call, call.Key);
        if (exists && (options.HasExpiry || options.Persist))
            call.Keys.SetExpiry(call.Key, options.ExpiresAt);
    }

    private static void GetMany(ref Invocation call)
    {
        // Found out first, or a few words would have much copied for nothing.
        long bytes = 0;
        for (int i = 1; i < call.Count; i++)
            bytes += LengthOf(ref call.Keys.Find(call.KeyAt(i)));
        if (bytes > call.Session.Connection.MostUnsentBytes)
        {
            call.Error(ErrorTexts.ReplyTooLong);
            return;
        }

        call.Reply.Array(call.Count - 1);
        for (int i = 1; i < call.Count; i++)
            ReplyValue(ref call, call.KeyAt(i));
    }

    private static int LengthOf(ref Entry entry) => Unsafe.IsNullRef(ref entry) ? 0 : entry.ValueLength;

    private static void SetMany(ref Invocation call)
    {
        if (!HasPairs(in call))
            return;
        SetPairs(in call);
        call.Reply.Ok();
    }

    private static void SetManyIfMissing(ref Invocation call)
    {
        if (!HasPairs(in call))
            return;
        for (int i = 1; i < call.Count; i += 2)
        {
            if (!call.Keys.Exists(call.KeyAt(i)))
                continue;
            call.Reply.Integer(0);
            return;
        }

        SetPairs(in call);
        call.Reply.Integer(1);
    }

    private static bool HasPairs(in Invocation call)
    {
        if (call.Count % 2 != 0)
            return true;
        call.Error(ErrorTexts.WrongArity, call.Command.FullName);
        return false;
    }

    private static void SetPairs(in Invocation call)
    {
        for (int i = 1; i < call.Count; i += 2)
            call.Keys.Set(call.KeyAt(i), call[i + 1]);
    }

    private static void Append(ref Invocation call)
    {
        int offset = LengthOf(in call);
        if (!Fits(in call, offset, call[2].Length))
            return;
        call.Reply.Integer(call.Keys.Write(call.Key, offset, call[2]));
    }

    private static void Length(ref Invocation call) => call.Reply.Integer(LengthOf(in call));

    private static void GetRange(ref Invocation call)
    {
        if (!call.TryGetInteger(2, out long start) || !call.TryGetInteger(3, out long end))
            return;
        ref Entry entry = ref call.Keys.Find(call.Key);
        ReadOnlySpan<byte> value = Unsafe.IsNullRef(ref entry) ? default : entry.Value;
        if (start < 0 && end < 0 && start > end)
        {
            call.Reply.Bulk(default(ReadOnlySpan<byte>));
            return;
        }

        start = Math.Max(start < 0 ? start + value.Length : start, 0);
        end = Math.Min(Math.Max(end < 0 ? end + value.Length : end, 0), value.Length - 1);
        call.Reply.Bulk(start > end ? default : value[(int)start..(int)(end + 1)]);
    }

    private static void SetRange(ref Invocation call)
    {
        if (!call.TryGetInteger(2, out long offset))
            return;
        if (offset < 0)
        {
            call.Error(ErrorTexts.OffsetOutOfRange);
            return;
        }

        if (call[3].IsEmpty)
        {
            call.Reply.Integer(LengthOf(in call));
            return;
        }

        if (Fits(in call, offset, call[3].Length))
            call.Reply.Integer(call.Keys.Write(call.Key, (int)offset, call[3]));
    }

    private static bool Fits(in Invocation call, long offset, int length)
    {
        if (offset <= call.Database.Options.MaxValueBytes - (long)length)
            return true;
        call.Error(ErrorTexts.TooLong);
        return false;
    }

    private static int LengthOf(in Invocation call)
    {
        ref Entry entry = ref call.Keys.Find(call.Key);
        return Unsafe.IsNullRef(ref entry) ? 0 : entry.ValueLength;
    }
}
