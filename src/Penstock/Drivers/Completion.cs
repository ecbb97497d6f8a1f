using Penstock.Net;

namespace Penstock.Drivers;

/// <summary>
/// One thing that the operating system did for a slot. A ref struct, so that the compiler refuses to keep it: its
/// <see cref="Data"/> lies in the driver's memory and is overwritten by the next <see cref="IoDriver.TryNext"/>.
/// </summary>
internal readonly ref struct Completion
{
    private Completion(CompletionKind kind, SlotKey slot, int result, ReadOnlySpan<byte> data, SocketHandle socket)
    {
        Kind = kind;
        Slot = slot;
        Result = result;
        Data = data;
        Socket = socket;
    }

    public CompletionKind Kind { get; }

    public SlotKey Slot { get; }

    /// <summary>Not negative on success (its meaning is the kind's), else <c>-errno</c>.</summary>
    public int Result { get; }

    /// <summary>The bytes of a <see cref="CompletionKind.Received"/>; empty otherwise.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>The connection of a successful <see cref="CompletionKind.Accepted"/>; the receiver owns it.</summary>
    public SocketHandle Socket { get; }

    public static Completion Received(SlotKey slot, ReadOnlySpan<byte> data) =>
        new(CompletionKind.Received, slot, data.Length, data, default);

    public static Completion Accepted(SlotKey slot, SocketHandle socket) =>
        new(CompletionKind.Accepted, slot, 0, default, socket);

    public static Completion Of(CompletionKind kind, SlotKey slot, int result) =>
        new(kind, slot, result, default, default);
}
