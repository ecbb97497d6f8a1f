namespace Penstock.Interop.Linux;

/// <summary>The numbers of <c>linux/io_uring.h</c> that this engine uses, under the names they have there.</summary>
/// <remarks>Requirement: Linux 6.1, unless a name says otherwise.</remarks>
internal static class IoUringAbi
{
    // io_uring_setup
    internal const uint SetupCompletionSize = 1u << 3;   // IORING_SETUP_CQSIZE
    internal const uint SetupSubmitAll = 1u << 7;        // IORING_SETUP_SUBMIT_ALL
    internal const uint SetupSingleIssuer = 1u << 12;    // IORING_SETUP_SINGLE_ISSUER
    internal const uint SetupDeferTaskRun = 1u << 13;    // IORING_SETUP_DEFER_TASKRUN
    internal const uint SetupNoSubmissionArray = 1u << 16; // IORING_SETUP_NO_SQARRAY, Linux 6.6

    // io_uring_params.features
    internal const uint FeatureSingleMap = 1u << 0;      // IORING_FEAT_SINGLE_MMAP
    internal const uint FeatureNoDrop = 1u << 1;         // IORING_FEAT_NODROP
    internal const uint FeatureSubmitStable = 1u << 2;   // IORING_FEAT_SUBMIT_STABLE
    internal const uint FeatureExtendedArgument = 1u << 8; // IORING_FEAT_EXT_ARG
    internal const uint FeatureSkipCompletion = 1u << 11; // IORING_FEAT_CQE_SKIP

    // mmap offsets
    internal const long OffsetRings = 0;                 // IORING_OFF_SQ_RING
    internal const long OffsetEntries = 0x10000000;      // IORING_OFF_SQES

    // io_uring_enter
    internal const uint EnterGetEvents = 1u << 0;        // IORING_ENTER_GETEVENTS
    internal const uint EnterExtendedArgument = 1u << 3; // IORING_ENTER_EXT_ARG
    internal const uint EnterRegisteredRing = 1u << 4;   // IORING_ENTER_REGISTERED_RING

    // sq_ring->flags
    internal const uint SubmissionOverflow = 1u << 1;    // IORING_SQ_CQ_OVERFLOW

    // io_uring_register
    internal const uint RegisterRingDescriptors = 20;    // IORING_REGISTER_RING_FDS
    internal const uint UnregisterRingDescriptors = 21;  // IORING_UNREGISTER_RING_FDS
    internal const uint RegisterBufferRing = 22;         // IORING_REGISTER_PBUF_RING
    internal const uint UnregisterBufferRing = 23;       // IORING_UNREGISTER_PBUF_RING

    // io_uring_buf_reg.flags
    internal const ushort BufferRingIncremental = 2;     // IOU_PBUF_RING_INC, Linux 6.12

    // io_uring_sqe.opcode
    internal const byte OperationNone = 0;               // IORING_OP_NOP
    internal const byte OperationPollAdd = 6;            // IORING_OP_POLL_ADD
    internal const byte OperationSendMessage = 9;        // IORING_OP_SENDMSG
    internal const byte OperationAccept = 13;            // IORING_OP_ACCEPT
    internal const byte OperationCancel = 14;            // IORING_OP_ASYNC_CANCEL
    internal const byte OperationConnect = 16;           // IORING_OP_CONNECT
    internal const byte OperationSend = 26;              // IORING_OP_SEND
    internal const byte OperationReceive = 27;           // IORING_OP_RECV

    // io_uring_sqe.flags
    internal const byte EntryBufferSelect = 1 << 5;      // IOSQE_BUFFER_SELECT
    internal const byte EntrySkipSuccess = 1 << 6;       // IOSQE_CQE_SKIP_SUCCESS

    // io_uring_sqe.ioprio of the operation
    internal const ushort AcceptMultishot = 1 << 0;      // IORING_ACCEPT_MULTISHOT
    internal const ushort ReceiveMultishot = 1 << 1;     // IORING_RECV_MULTISHOT

    // io_uring_sqe.len of POLL_ADD
    internal const uint PollMultishot = 1 << 0;          // IORING_POLL_ADD_MULTI

    // io_uring_cqe.flags
    internal const uint CompletionBuffer = 1u << 0;      // IORING_CQE_F_BUFFER
    internal const uint CompletionMore = 1u << 1;        // IORING_CQE_F_MORE
    internal const uint CompletionBufferMore = 1u << 4;  // IORING_CQE_F_BUF_MORE, Linux 6.12
    internal const int CompletionBufferShift = 16;       // IORING_CQE_BUFFER_SHIFT
}
