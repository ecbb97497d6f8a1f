using Penstock.Interop.Linux;
using Penstock.Interop.Posix;
using Penstock.Net;

namespace Penstock.Drivers;

/// <summary>
/// One ring: two queues in memory shared with the kernel, and the call that moves both. Made, used and freed on one
/// thread, which lets the kernel leave all completing to the moment when that thread asks for it.
/// </summary>
internal sealed unsafe class IoUringRing : IDisposable
{
    private const uint RequiredFlags = IoUringAbi.SetupCompletionSize | IoUringAbi.SetupSubmitAll
        | IoUringAbi.SetupSingleIssuer | IoUringAbi.SetupDeferTaskRun;

    private const uint RequiredFeatures = IoUringAbi.FeatureSingleMap | IoUringAbi.FeatureNoDrop
        | IoUringAbi.FeatureSubmitStable | IoUringAbi.FeatureExtendedArgument | IoUringAbi.FeatureSkipCompletion;

    private const int NoTime = 62; // ETIME: the wait's time is over.

    private readonly int _descriptor;
    private readonly int _enterDescriptor;
    private readonly uint _enterFlags;
    private readonly byte* _rings;
    private readonly nuint _ringsLength;
    private readonly byte* _entries;
    private readonly nuint _entriesLength;

    private IoUringRing(int descriptor, in IoUringParameters parameters)
    {
        _descriptor = descriptor;
        _ringsLength = RingsLength(in parameters);
        _entriesLength = parameters.SubmissionEntries * (nuint)sizeof(IoUringSubmission);
        _rings = IoUringCalls.MapRing(descriptor, _ringsLength, IoUringAbi.OffsetRings, out int error);
        if (_rings is not null)
            _entries = IoUringCalls.MapRing(descriptor, _entriesLength, IoUringAbi.OffsetEntries, out error);
        if (error < 0)
        {
            Dispose();
            throw new IoUringException("mmap of the ring", -error);
        }

        Submissions = new SubmissionQueue(_rings, _entries, in parameters);
        Completions = new CompletionRing(_rings, in parameters);
        (_enterDescriptor, _enterFlags) = RegisterSelf(descriptor);
    }

    public SubmissionQueue Submissions { get; } = null!;

    public CompletionRing Completions { get; } = null!;

    /// <summary>Enters after which completions were left in the kernel because their ring was full.</summary>
    public long Overflows { get; private set; }

    /// <summary>Called after every enter, before another completion is taken.</summary>
    public Action? Entered { private get; set; }

    /// <exception cref="IoUringException">The kernel has no io_uring, forbids it, or has an older one.</exception>
    public static IoUringRing Create(int submissionEntries, int completionEntries)
    {
        IoUringParameters parameters = default;
        uint flags = RequiredFlags | IoUringAbi.SetupNoSubmissionArray;
        int descriptor = Setup(submissionEntries, completionEntries, flags, ref parameters);
        if (descriptor == -Errno.EINVAL)
            descriptor = Setup(submissionEntries, completionEntries, RequiredFlags, ref parameters);
        if (descriptor < 0)
            throw new IoUringException("io_uring_setup", -descriptor);
        if ((parameters.Features & RequiredFeatures) == RequiredFeatures)
            return new IoUringRing(descriptor, in parameters);

        _ = Libc.Close(descriptor);
        throw new IoUringException("io_uring_setup", Errno.EINVAL);
    }

    /// <summary>Adds an operation; false when the queue is full and the kernel takes nothing out of it now.</summary>
    public bool TryAdd(in IoUringSubmission submission)
    {
        if (!TryMakeRoom())
            return false;
        Submissions.Add(in submission);
        return true;
    }

    /// <summary>Sees to it that an operation can be added, if need be by submitting those that are there.</summary>
    public bool TryMakeRoom()
    {
        if (Submissions.IsFull)
            Submit();
        return !Submissions.IsFull;
    }

    /// <summary>Submits what was added, and fetches nothing.</summary>
    public void Submit()
    {
        Submissions.Publish();
        Check(IoUringCalls.Enter(_enterDescriptor, Submissions.Pending, 0, _enterFlags, null));
        Entered?.Invoke();
    }

    /// <summary>
    /// Submits what was added and fetches completions: at least one, unless <paramref name="wait"/> is zero or over
    /// before, or a signal arrives.
    /// </summary>
    /// <param name="wait">Not negative, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    public void SubmitAndFetch(TimeSpan wait)
    {
        Submissions.Publish();
        uint submit = Submissions.Pending;
        Fetch(submit, wait);

        // The kernel had no memory for all of it. Memory comes with time or with what completes, not with asking again.
        if (submit > 0 && Submissions.Pending > 0 && Completions.IsEmpty)
            Fetch(0, TimeSpan.FromMilliseconds(1));
        if (Submissions.HasOverflow)
            Overflows++;
        Entered?.Invoke();
    }

    /// <summary>Registers something with the ring.</summary>
    /// <returns>What the call returned, or <c>-errno</c>.</returns>
    public int Register(uint operation, void* argument, uint count) =>
        IoUringCalls.Register(_descriptor, operation, argument, count);

    public void Dispose()
    {
        if ((_enterFlags & IoUringAbi.EnterRegisteredRing) != 0)
            UnregisterSelf();
        if (_entries is not null)
            IoUringCalls.Unmap(_entries, _entriesLength);
        if (_rings is not null)
            IoUringCalls.Unmap(_rings, _ringsLength);
        _ = Libc.Close(_descriptor);
    }

    private void Fetch(uint submit, TimeSpan wait)
    {
        uint flags = _enterFlags | IoUringAbi.EnterGetEvents;
        uint minimum = wait == TimeSpan.Zero ? 0u : 1u;
        if (minimum == 0 || wait == Timeout.InfiniteTimeSpan)
        {
            Check(IoUringCalls.Enter(_enterDescriptor, submit, minimum, flags, null));
            return;
        }

        KernelTimeSpan limit = KernelTimeSpan.From(wait);
        IoUringWaitArgument argument = new() { Timeout = &limit };
        flags |= IoUringAbi.EnterExtendedArgument;
        Check(IoUringCalls.Enter(_enterDescriptor, submit, minimum, flags, &argument));
    }

    /// <summary>
    /// What is no failure: time is over; a signal came; there is no memory now; or completions that wait in the kernel
    /// did not all fit (EBUSY), which taking some mends. What was submitted the queue's head tells.
    /// </summary>
    private static void Check(int result)
    {
        if (result >= 0
            || result == -NoTime
            || result == -Errno.EINTR
            || result == -Errno.EAGAIN
            || result == -Errno.EBUSY)
        {
            return;
        }
        throw new IoUringException("io_uring_enter", -result);
    }

    private static int Setup(int submissionEntries, int completionEntries, uint flags, ref IoUringParameters parameters)
    {
        parameters = new() { Flags = flags, CompletionEntries = (uint)completionEntries };
        fixed (IoUringParameters* first = &parameters)
            return IoUringCalls.Setup((uint)submissionEntries, first);
    }

    /// <summary>One mapping holds both rings, each with an array behind its header.</summary>
    private static nuint RingsLength(in IoUringParameters parameters)
    {
        nuint submission = parameters.Submission.Array + parameters.SubmissionEntries * (nuint)sizeof(uint);
        nuint completion =
            parameters.Completion.Entries + parameters.CompletionEntries * (nuint)sizeof(IoUringCompletion);
        return Math.Max(submission, completion);
    }

    /// <summary>
    /// A registered descriptor spares every enter the reference counting of the file. The kernel has few places per
    /// thread; without one the plain descriptor does.
    /// </summary>
    private static (int Descriptor, uint Flags) RegisterSelf(int descriptor)
    {
        IoUringResourceUpdate self = new() { Offset = IoUringResourceUpdate.AnyPlace, Data = (ulong)descriptor };
        int result = IoUringCalls.Register(descriptor, IoUringAbi.RegisterRingDescriptors, &self, 1);
        return result == 1 ? ((int)self.Offset, IoUringAbi.EnterRegisteredRing) : (descriptor, 0);
    }

    private void UnregisterSelf()
    {
        IoUringResourceUpdate self = new() { Offset = (uint)_enterDescriptor };
        _ = IoUringCalls.Register(_descriptor, IoUringAbi.UnregisterRingDescriptors, &self, 1);
    }
}
