namespace Penstock.KeyValue.Commands;

/// <summary>The words after the value of a SET, or after the key of a GETEX.</summary>
internal struct SetOptions
{
    public const bool ForSet = true;
    public const bool ForGetEx = false;

    /// <summary>Unix time in milliseconds; 0 for never.</summary>
    public long ExpiresAt { get; set; }

    public bool HasExpiry { get; private set; }

    public bool KeepExpiry { get; private set; }

    public bool Persist { get; private set; }

    public bool OnlyIfMissing { get; private set; }

    public bool OnlyIfExists { get; private set; }

    public bool ReturnOld { get; private set; }

    private readonly bool HasAnyExpiry => HasExpiry || KeepExpiry || Persist;

    /// <summary>
    /// Reads the options from <paramref name="index"/> on; replies with the error when they are none.
    /// </summary>
    public static bool TryRead(in Invocation call, int index, bool forSet, out SetOptions options)
    {
        options = default;
        for (; index < call.Count; index++)
        {
            bool understood = options.TryReadTime(in call, ref index, out bool failed)
                || (forSet ? options.TryReadSetWord(in call, index) : options.TryReadPersist(in call, index));
            if (failed)
                return false;
            if (understood)
                continue;
            call.SyntaxError();
            return false;
        }

        return true;
    }

    private bool TryReadTime(in Invocation call, ref int index, out bool failed)
    {
        failed = false;
        if (index + 1 >= call.Count || HasAnyExpiry)
            return false;
        if (call.Is(index, "ex"u8))
            failed = !ReadTime(in call, ++index, TimeUnit.Seconds, relative: true);
        else if (call.Is(index, "px"u8))
            failed = !ReadTime(in call, ++index, TimeUnit.Milliseconds, relative: true);
        else if (call.Is(index, "exat"u8))
            failed = !ReadTime(in call, ++index, TimeUnit.Seconds, relative: false);
        else if (call.Is(index, "pxat"u8))
            failed = !ReadTime(in call, ++index, TimeUnit.Milliseconds, relative: false);
        else
            return false;
        return true;
    }

    private bool ReadTime(in Invocation call, int index, TimeUnit unit, bool relative)
    {
        HasExpiry = ExpiryTimes.TryRead(in call, index, unit, relative, out long expiresAt);
        ExpiresAt = expiresAt;
        return HasExpiry;
    }

    private bool TryReadSetWord(in Invocation call, int index)
    {
        if (call.Is(index, "nx"u8) && !OnlyIfExists)
            return OnlyIfMissing = true;
        if (call.Is(index, "xx"u8) && !OnlyIfMissing)
            return OnlyIfExists = true;
        if (call.Is(index, "get"u8))
            return ReturnOld = true;
        return call.Is(index, "keepttl"u8) && !HasAnyExpiry && (KeepExpiry = true);
    }

    private bool TryReadPersist(in Invocation call, int index) =>
        call.Is(index, "persist"u8) && !HasAnyExpiry && (Persist = true);
}
