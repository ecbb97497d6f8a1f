using System.Runtime.CompilerServices;
using System.Text;
using Penstock.KeyValue.Protocol;
using Penstock.KeyValue.Store;
using static Penstock.KeyValue.Commands.CommandFlags;

namespace Penstock.KeyValue.Commands;

/// <summary>Values that are numbers.</summary>
internal static class CounterCommands
{
    public static IReadOnlyList<Command> All { get; } =
    [
        new("incr", 2, Increment, Write | DenyOutOfMemory | Fast, 1),
        new("decr", 2, Decrement, Write | DenyOutOfMemory | Fast, 1),
        new("incrby", 3, IncrementBy, Write | DenyOutOfMemory | Fast, 1),
        new("decrby", 3, DecrementBy, Write | DenyOutOfMemory | Fast, 1),
        new("incrbyfloat", 3, IncrementByFloat, Write | DenyOutOfMemory | Fast, 1),
    ];

    private static void Increment(ref Invocation call) => Add(ref call, 1);

    private static void Decrement(ref Invocation call) => Add(ref call, -1);

    private static void IncrementBy(ref Invocation call)
    {
        if (call.TryGetInteger(2, out long delta))
            Add(ref call, delta);
    }

    private static void DecrementBy(ref Invocation call)
    {
        if (!call.TryGetInteger(2, out long delta))
            return;
        if (delta == long.MinValue)
            call.Error("ERR decrement would overflow");
        else
            Add(ref call, -delta);
    }

    private static void Add(ref Invocation call, long delta)
    {
        ref Entry entry = ref call.Keys.Find(call.Key);
        long value = 0;
        if (!Unsafe.IsNullRef(ref entry) && !RespNumber.TryParse(entry.Value, out value))
        {
            call.Error(ErrorTexts.NotAnInteger);
            return;
        }

        long sum = unchecked(value + delta);
        if ((delta > 0 && sum < value) || (delta < 0 && sum > value))
        {
            call.Error(ErrorTexts.Overflow);
            return;
        }

        Span<byte> text = stackalloc byte[RespNumber.MaxInt64Bytes];
        int length = RespNumber.Write(sum, text);
        call.Keys.Set(call.Key, text[..length], Unsafe.IsNullRef(ref entry) ? 0 : entry.ExpiresAt);
        call.Reply.Integer(sum);
    }

    private static void IncrementByFloat(ref Invocation call)
    {
        ref Entry entry = ref call.Keys.Find(call.Key);
        bool exists = !Unsafe.IsNullRef(ref entry);
        ReadOnlySpan<byte> old = exists ? entry.Value : "0"u8;
        if (!LongDouble.TryParse(old, out LongDouble value) || !LongDouble.TryParse(call[2], out LongDouble delta))
        {
            call.Error(ErrorTexts.NotAFloat);
            return;
        }

        if (LongDouble.Add(value, delta) is not { Infinity: 0 } sum)
        {
            call.Error(ErrorTexts.NotFinite);
            return;
        }

        byte[] text = Encoding.ASCII.GetBytes(sum.ToString());
        call.Keys.Set(call.Key, text, exists ? entry.ExpiresAt : 0);
        call.Reply.Bulk(text);
    }
}
