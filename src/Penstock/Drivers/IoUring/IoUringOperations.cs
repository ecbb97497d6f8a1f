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

    // Not waiting makes a send end while it is submitted. Taking everything is the rule and is not reported; taking
    // less counts as a failure, which is never left out, because MSG_WAITALL asked for all.
    private const uint SendFlags = NoSignal | DoNotWait | WaitForAll;

    private const uint PollIn = 1;
    private const uint PollOut = 4;
    private const uint PollReadClosed = 0x2000;

    public static IoUringSubmission Accept(int listener, SlotKey slot) => new()
    {
        Operation = IoUringAbi.OperationAccept,
        OperationOptions = IoUringAbi.AcceptMultishot,
        Descriptor = listener,
        OperationFlags = NonBlocking | CloseOnExec,
        UserData = new OperationKey(Operations.Accept, slot).Packed,
    };

    public static IoUringSubmission Receive(int socket, SlotKey slot) => new()
    {
        Operation = IoUringAbi.OperationReceive,
        Flags = IoUringAbi.EntryBufferSelect,
        OperationOptions = IoUringAbi.ReceiveMultishot,
        Descriptor = socket,
        BufferGroup = ReceiveBufferRing.Group,
        UserData = new OperationKey(Operations.Receive, slot).Packed,
    };

    /// <summary>As <see cref="Receive"/>, but completes once.</summary>
    public static IoUringSubmission ReceiveOnce(int socket, SlotKey slot) => Receive(socket, slot) with
    {
        OperationOptions = 0,
        UserData = new OperationKey(Operations.ReceiveOnce, slot).Packed,
    };

    /// <summary>Completes when the peer has finished; also, as every poll does, when the connection broke.</summary>
    public static IoUringSubmission AwaitEnd(int socket, SlotKey slot) => new()
    {
        Operation = IoUringAbi.OperationPollAdd,
        Descriptor = socket,
        OperationFlags = PollReadClosed,
        UserData = new OperationKey(Operations.AwaitEnd, slot).Packed,
    };

    /// <summary>Completes when the socket can take more to send.</summary>
    public static IoUringSubmission AwaitRoom(int socket, SlotKey slot) => new()
    {
        Operation = IoUringAbi.OperationPollAdd,
        Descriptor = socket,
        OperationFlags = PollOut,
        UserData = new OperationKey(Operations.AwaitRoom, slot).Packed,
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
        UserData = new OperationKey(Operations.Connect, slot).Packed,
    };

    public static IoUringSubmission Send(int socket, SendSegment segment, SlotKey slot) => new()
    {
        Operation = IoUringAbi.OperationSend,
        Flags = IoUringAbi.EntrySkipSuccess,
        Descriptor = socket,
        Address = (ulong)segment.Address,
        Length = (uint)segment.Length,
        OperationFlags = SendFlags,
        UserData = new OperationKey(Operations.Send, slot).Packed,
    };

    /// <param name="socket">The socket to send on.</param>
    /// <param name="message">A <c>msghdr</c>; read, with the list it points to, while the operation is
    /// submitted.</param>
    /// <param name="slot">The socket's slot.</param>
    public static IoUringSubmission SendMessage(int socket, nint message, SlotKey slot) => new()
    {
        Operation = IoUringAbi.OperationSendMessage,
        Flags = IoUringAbi.EntrySkipSuccess,
        Descriptor = socket,
        Address = (ulong)message,
        Length = 1,
        OperationFlags = SendFlags,
        UserData = new OperationKey(Operations.Send, slot).Packed,
    };

    /// <summary>Ends an operation that the slot has in flight, which completes once more.</summary>
    public static IoUringSubmission Cancel(Operations operation, SlotKey slot) => new()
    {
        Operation = IoUringAbi.OperationCancel,
        Flags = IoUringAbi.EntrySkipSuccess,
        Descriptor = -1,
        Address = new OperationKey(operation, slot).Packed,
        UserData = new OperationKey(operation | Operations.Cancel, slot).Packed,
    };

    /// <summary>Completes whenever the signal is raised anew.</summary>
    public static IoUringSubmission AwaitWake(int signal) => new()
    {
        Operation = IoUringAbi.OperationPollAdd,
        Descriptor = signal,
        Length = IoUringAbi.PollMultishot,
        OperationFlags = PollIn,
        UserData = new OperationKey(Operations.None, default).Packed,
    };
}
