using Penstock.Interop.Linux;

namespace Penstock.Drivers;

/// <summary>The operations that an <see cref="IoUringDriver"/> asks for, as entries of the submission queue.</summary>
internal static class IoUringOperations
{
    // The flags of accept4 and of send, as every Linux has them.
    private const uint NonBlocking = 0x800;
    private const uint CloseOnExec = 0x80000;
    private const uint NoSignal = 0x4000;
    private const uint DoNotWait = 0x40;
    private const uint WaitForAll = 0x100;
    private const uint PollIn = 1;

    public static IoUringSubmission Accept(int listener, SlotKey slot) => new()
    {
        Operation = IoUringAbi.OperationAccept,
        OperationOptions = IoUringAbi.AcceptMultishot,
        Descriptor = listener,
        OperationFlags = NonBlocking | CloseOnExec,
        UserData = new OperationKey(OperationKind.Accept, slot).Packed,
    };

    public static IoUringSubmission Receive(int socket, SlotKey slot) => new()
    {
        Operation = IoUringAbi.OperationReceive,
        Flags = IoUringAbi.EntryBufferSelect,
        OperationOptions = IoUringAbi.ReceiveMultishot,
        Descriptor = socket,
        BufferGroup = ReceiveBufferRing.Group,
        UserData = new OperationKey(OperationKind.Receive, slot).Packed,
    };

    /// <param name="socket">The socket to connect.</param>
    /// <param name="address">The remote address; read while the operation is submitted.</param>
    /// <param name="length">Bytes in the address.</param>
    /// <param name="slot">The socket's slot.</param>
    public static IoUringSubmission Connect(int socket, nint address, int length, SlotKey slot) => new()
    {
        Operation = IoUringAbi.OperationConnect,
        Descriptor = socket,
        Address = (ulong)address,
        Offset = (ulong)length,
        UserData = new OperationKey(OperationKind.Connect, slot).Packed,
    };

    /// <summary>
    /// As <c>send</c>, but does not wait: it is over when it has been submitted. Taking everything is the rule and needs
    /// no completion; taking less counts as a failure, which is never left out. Both follow from MSG_WAITALL.
    /// </summary>
    public static IoUringSubmission SendNow(IoUringSubmission send, SlotKey slot) => send with
    {
        Flags = IoUringAbi.EntrySkipSuccess,
        OperationFlags = NoSignal | DoNotWait | WaitForAll,
        UserData = new OperationKey(OperationKind.ImmediateSend, slot).Packed,
    };

    /// <summary>As <c>send</c> on a blocking socket: completes when the socket has taken something.</summary>
    public static IoUringSubmission SendWhenPossible(IoUringSubmission send, SlotKey slot) => send with
    {
        OperationFlags = NoSignal,
        UserData = new OperationKey(OperationKind.WaitingSend, slot).Packed,
    };

    public static IoUringSubmission Send(int socket, SendSegment segment) => new()
    {
        Operation = IoUringAbi.OperationSend,
        Descriptor = socket,
        Address = (ulong)segment.Address,
        Length = (uint)segment.Length,
    };

    /// <param name="socket">The socket to send on.</param>
    /// <param name="message">A <c>msghdr</c>; read, with the list it points to, while the operation is submitted.</param>
    public static IoUringSubmission SendMessage(int socket, nint message) => new()
    {
        Operation = IoUringAbi.OperationSendMessage,
        Descriptor = socket,
        Address = (ulong)message,
        Length = 1,
    };

    /// <summary>Ends the operation of that kind that the slot has in flight. It completes once more, at the latest now.</summary>
    public static IoUringSubmission Cancel(OperationKind kind, SlotKey slot) => new()
    {
        Operation = IoUringAbi.OperationCancel,
        Flags = IoUringAbi.EntrySkipSuccess,
        Descriptor = -1,
        Address = new OperationKey(kind, slot).Packed,
        UserData = new OperationKey(OperationKind.Cancel, slot).Packed,
    };

    /// <summary>Completes whenever the signal is raised anew.</summary>
    public static IoUringSubmission AwaitWake(int signal) => new()
    {
        Operation = IoUringAbi.OperationPollAdd,
        Descriptor = signal,
        Length = IoUringAbi.PollMultishot,
        OperationFlags = PollIn,
        UserData = new OperationKey(OperationKind.Wake, default).Packed,
    };
}
