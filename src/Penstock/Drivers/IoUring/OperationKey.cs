namespace Penstock.Drivers;

/// <summary>What travels with an operation through the kernel: its kind, its slot and the generation of the slot's use.</summary>
/// <remarks>
/// A slot has at most one operation of a kind in flight, because none is started before the last one's final completion;
/// so this names an operation, and serves to cancel it.
/// </remarks>
internal readonly record struct OperationKey(OperationKind Kind, SlotKey Slot)
{
    /// <summary>The slots that leave room for the kind.</summary>
    public const int MaxSlots = 1 << KindShift;

    private const int KindShift = 28;
    private const uint IndexMask = (1u << KindShift) - 1;

    public ulong Packed => Slot.Packed | ((ulong)Kind << KindShift);

    public static OperationKey Unpack(ulong packed) => new(
        (OperationKind)((uint)packed >> KindShift),
        new SlotKey((int)((uint)packed & IndexMask), (uint)(packed >> 32)));
}
