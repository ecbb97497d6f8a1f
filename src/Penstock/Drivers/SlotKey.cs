namespace Penstock.Drivers;

/// <summary>
/// Names one use of one slot: an index into a loop's tables and the generation of what lives there now.
/// </summary>
/// <remarks>
/// Kernels report events for descriptors that were closed and reused a moment ago. The generation travels with every
/// registration, so such an event is recognised and dropped instead of reaching the newcomer. It packs into the 64
/// bits of user data that epoll, kqueue and io_uring carry.
/// </remarks>
internal readonly record struct SlotKey(int Index, uint Generation)
{
    /// <summary>The key as one number: the generation above, the index below.</summary>
    public ulong Packed => ((ulong)Generation << 32) | (uint)Index;

    /// <summary>The key that <see cref="Packed"/> was taken from.</summary>
    public static SlotKey Unpack(ulong packed) => new((int)(uint)packed, (uint)(packed >> 32));

    public override string ToString() => $"{Index}#{Generation}";
}
