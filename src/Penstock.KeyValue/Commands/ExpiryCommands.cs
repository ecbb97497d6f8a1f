using System.Runtime.CompilerServices;
using Penstock.KeyValue.Store;
using static Penstock.KeyValue.Commands.CommandFlags;
using static Penstock.KeyValue.Commands.TimeUnit;

namespace Penstock.KeyValue.Commands;

/// <summary>When keys end.</summary>
internal static class ExpiryCommands
{
    public static IReadOnlyList<Command> All { get; } =
    [
        new("expire", -3, (ref call) => Expire(ref call, Seconds, relative: true), Write | Fast, 1),
        new("pexpire", -3, (ref call) => Expire(ref call, Milliseconds, relative: true), Write | Fast, 1),
        new("expireat", -3, (ref call) => Expire(ref call, Seconds, relative: false), Write | Fast, 1),
        new("pexpireat", -3, (ref call) => Expire(ref call, Milliseconds, relative: false), Write | Fast, 1),
        new("ttl", 2, (ref call) => TimeToLive(ref call, Seconds, relative: true), ReadOnly | Fast, 1),
        new("pttl", 2, (ref call) => TimeToLive(ref call, Milliseconds, relative: true), ReadOnly | Fast, 1),
        new("expiretime", 2, (ref call) => TimeToLive(ref call, Seconds, relative: false), ReadOnly | Fast, 1),
        new("pexpiretime", 2, (ref call) => TimeToLive(ref call, Milliseconds, relative: false), ReadOnly | Fast, 1),
        new("persist", 2, Persist, Write | Fast, 1),
    ];

    private static void Expire(ref Invocation call, TimeUnit unit, bool relative)
    {
        if (!ExpireConditions.TryRead(in call, 3, out ExpireConditions conditions)
            || !call.TryGetInteger(2, out long time))
            return;
        if (!ExpiryTimes.TryConvert(time, unit, relative ? call.Keys.Now : 0, out long expiresAt))
        {
            call.Error(ErrorTexts.InvalidExpire, call.Command.FullName);
            return;
        }

        ref Entry entry = ref call.Keys.Find(call.Key);
        bool applies = !Unsafe.IsNullRef(ref entry) && conditions.Allow(entry.ExpiresAt, expiresAt);
        if (applies)
            call.Keys.SetExpiry(call.Key, expiresAt == 0 ? -1 : expiresAt);
        call.Reply.Integer(applies ? 1 : 0);
    }

    private static void TimeToLive(ref Invocation call, TimeUnit unit, bool relative)
    {
        const int NoKey = -2;
        const int NoExpiry = -1;
        ref Entry entry = ref call.Keys.Find(call.Key);
        if (Unsafe.IsNullRef(ref entry))
        {
            call.Reply.Integer(NoKey);
            return;
        }

        if (entry.ExpiresAt == 0)
        {
            call.Reply.Integer(NoExpiry);
            return;
        }

        long time = entry.ExpiresAt - (relative ? call.Keys.Now : 0);
        call.Reply.Integer(unit == Seconds ? (time + 500) / 1000 : time);
    }

    private static void Persist(ref Invocation call)
    {
        ref Entry entry = ref call.Keys.Find(call.Key);
        bool had = !Unsafe.IsNullRef(ref entry) && entry.ExpiresAt != 0;
        if (had)
            call.Keys.SetExpiry(call.Key, 0);
        call.Reply.Integer(had ? 1 : 0);
    }
}
