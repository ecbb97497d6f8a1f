namespace Penstock.Drivers;

/// <summary>
/// What travels with an operation through the kernel: what it is, its slot and the generation of the slot's use.
/// </summary>
/// <remarks>
/// A slot has at most one of a kind in flight, because none is started before the last one's final completion; so this
/// names an operation, and serves to cancel it.
/// </remarks>
internal readonly record struct OperationKey(Operations Operation, SlotKey Slot)
{
    /// <summary>The slots that leave room for the operation.</summary>
    public const int MaxSlots = 1 << OperationShift;

    private const int OperationShift = 24;
    private const uint IndexMask = MaxSlots - 1;

    public ulong Packed => Slot.Packed | ((ulong)Operation << OperationShift);

    public static OperationKey Unpack(ulong packed) => new(
        (Operations)(byte)(packed >> OperationShift),
        new SlotKey((int)((uint)packed & IndexMask), (uint)(packed >> 32)));
}
