namespace Penstock.KeyValue.Commands;

/// <summary>The words after the time of an EXPIRE.</summary>
internal readonly record struct ExpireConditions(bool IfNone, bool IfSome, bool IfLater, bool IfSooner)
{
    public static bool TryRead(in Invocation call, int index, out ExpireConditions conditions)
    {
        conditions = default;
        for (; index < call.Count; index++)
        {
            if (call.Is(index, "nx"u8))
                conditions = conditions with { IfNone = true };
            else if (call.Is(index, "xx"u8))
                conditions = conditions with { IfSome = true };
            else if (call.Is(index, "gt"u8))
                conditions = conditions with { IfLater = true };
            else if (call.Is(index, "lt"u8))
                conditions = conditions with { IfSooner = true };
            else
                return Fail(in call, $"ERR Unsupported option {call.TextOf(index)}");
        }

        if (conditions.IfNone && (conditions.IfSome || conditions.IfLater || conditions.IfSooner))
            return Fail(in call, "ERR NX and XX, GT or LT options at the same time are not compatible");
        return !(conditions.IfLater && conditions.IfSooner)
            || Fail(in call, "ERR GT and LT options at the same time are not compatible");
    }

    /// <summary>Whether a key that ends at <paramref name="current"/>, 0 for never, may end then instead.</summary>
    public bool Allow(long current, long expiresAt)
    {
        if ((IfNone && current != 0) || (IfSome && current == 0))
            return false;
        if (IfLater && (current == 0 || expiresAt <= current))
            return false;
        return !(IfSooner && current != 0 && expiresAt >= current);
    }

    private static bool Fail(in Invocation call, string error)
    {
        call.Error(error);
        return false;
    }
}
