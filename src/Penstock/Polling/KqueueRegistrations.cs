using Penstock.Interop.Bsd;
using Penstock.Net;

namespace Penstock.Polling;

/// <summary>
/// The registrations of a <see cref="KqueuePoller"/>, by descriptor. Changes are not told to the kernel when they are
/// made: the descriptor is put on a list, and the next wait carries the difference between what the kernel knows and
/// what is wanted. What changed back meanwhile costs nothing.
/// </summary>
internal sealed class KqueueRegistrations
{
    /// <summary>Two filters, each deleted, added and disabled: the most that one descriptor can need.</summary>
    private const int MaxChangesPerDescriptor = 6;

    private readonly List<int> _changed = [];
    private KqueueRegistration[] _known = new KqueueRegistration[RegistrationTable.MinCapacity];

    /// <summary>0, -EEXIST or -EBADF.</summary>
    internal int Add(int descriptor, ulong key, Interest interest, Trigger trigger)
    {
        RegistrationState state = StateOf(descriptor);
        if (state == RegistrationState.Watched && trigger != Trigger.OneShot)
            return -Errno.EEXIST;
        if (state == RegistrationState.Unknown)
        {
            // Also what bounds the index: no open descriptor exceeds the process's limit.
            if (!RegistrationTable.IsOpen(descriptor))
                return -Errno.EBADF;
            if (descriptor >= _known.Length)
                Array.Resize(ref _known, Math.Max(_known.Length * 2, descriptor + 1));
        }

        Set(descriptor, key, interest, trigger);
        return 0;
    }

    /// <summary>0 or -ENOENT.</summary>
    internal int Modify(int descriptor, ulong key, Interest interest, Trigger trigger)
    {
        if (StateOf(descriptor) != RegistrationState.Watched)
            return -Errno.ENOENT;
        Set(descriptor, key, interest, trigger);
        return 0;
    }

    /// <summary>Forgets a descriptor; what was known of it tells which filters must be deleted. 0 or -ENOENT.</summary>
    internal int Remove(int descriptor, out KqueueRegistration removed)
    {
        removed = default;
        if (StateOf(descriptor) == RegistrationState.Unknown)
            return -Errno.ENOENT;
        removed = _known[descriptor];
        _known[descriptor] = new KqueueRegistration { ChangeQueued = removed.ChangeQueued };
        return 0;
    }

    /// <summary>
    /// Writes the changes that the kernel has yet to be told of, as many as fit; what does not fit stays on the list.
    /// </summary>
    internal int Stage(KeventBuffer changes)
    {
        int count = 0;
        while (_changed.Count > 0 && count + MaxChangesPerDescriptor <= changes.Capacity)
        {
            int descriptor = _changed[^1];
            _changed.RemoveAt(_changed.Count - 1);
            _known[descriptor].ChangeQueued = false;
            if (_known[descriptor].State != RegistrationState.Unknown)
                StageDescriptor(descriptor, ref _known[descriptor], changes, ref count);
        }

        return count;
    }

    internal bool HasChanges => _changed.Count > 0;

    /// <summary>
    /// Whether an event is to be reported: a filter can be ahead of the list, and a one-shot registration has two.
    /// </summary>
    /// <param name="descriptor">What the event is about.</param>
    /// <param name="filter">The filter that fired.</param>
    /// <param name="isEnd">The event says that the stream has ended.</param>
    /// <param name="key">The key that the kernel had with it.</param>
    /// <param name="wait">The number of the wait.</param>
    internal bool Report(int descriptor, short filter, bool isEnd, ulong key, long wait)
    {
        if (StateOf(descriptor) == RegistrationState.Unknown)
            return false;
        ref KqueueRegistration registration = ref _known[descriptor];
        if (registration.Key != key || (registration.Interest & InterestOf(filter)) == 0)
            return false;
        if (WatchesEndOnly(filter, registration.Interest))
            return isEnd;
        return !registration.IsReportedOnce || ReportOnce(descriptor, ref registration, filter, wait);
    }

    /// <summary>
    /// The kernel has deleted or disabled the filter that fired. The other one is silenced with the next changes; when
    /// it fired in the same wait it is reported too, or a busy reader would starve the writer.
    /// </summary>
    private bool ReportOnce(int descriptor, ref KqueueRegistration registration, short filter, long wait)
    {
        bool isOneShot = registration.Trigger == Trigger.OneShot;
        FilterOf(ref registration, filter) = isOneShot ? KqueueFilterState.Absent : KqueueFilterState.Disabled;
        bool isFirst = registration.ReportedIn == 0;
        if (!isFirst)
            return registration.ReportedIn == wait;
        registration.ReportedIn = wait;
        if (isOneShot)
            registration.State = RegistrationState.Fired;
        Queue(descriptor);
        return true;
    }

    private RegistrationState StateOf(int descriptor) =>
        (uint)descriptor < (uint)_known.Length ? _known[descriptor].State : RegistrationState.Unknown;

    private void Set(int descriptor, ulong key, Interest interest, Trigger trigger)
    {
        ref KqueueRegistration registration = ref _known[descriptor];
        bool isNew = registration.State == RegistrationState.Unknown;
        bool changesFlags = registration.Trigger != trigger
            || trigger == Trigger.Edge
            || WatchesEndOnly(Kqueue.ReadFilter, registration.Interest) != WatchesEndOnly(Kqueue.ReadFilter, interest);
        registration.MustReplace |= !isNew && (registration.Key != key || changesFlags);
        registration.Key = key;
        registration.Interest = interest;
        registration.Trigger = trigger;
        registration.State = RegistrationState.Watched;
        registration.ReportedIn = 0;
        Queue(descriptor);
    }

    private void Queue(int descriptor)
    {
        if (_known[descriptor].ChangeQueued)
            return;
        _known[descriptor].ChangeQueued = true;
        _changed.Add(descriptor);
    }

    private static void StageDescriptor(
        int descriptor, ref KqueueRegistration registration, KeventBuffer changes, ref int count)
    {
        bool isSilent = registration.State == RegistrationState.Fired || registration.ReportedIn != 0;
        Interest wanted = isSilent ? Interest.None : registration.Interest;
        StageDeletion(descriptor, ref registration, Kqueue.ReadFilter, wanted, changes, ref count);
        StageDeletion(descriptor, ref registration, Kqueue.WriteFilter, wanted, changes, ref count);
        StageFilter(descriptor, ref registration, Kqueue.ReadFilter, wanted, changes, ref count);
        StageFilter(descriptor, ref registration, Kqueue.WriteFilter, wanted, changes, ref count);
        registration.MustReplace = false;
    }

    private static void StageDeletion(
        int descriptor,
        ref KqueueRegistration registration,
        short filter,
        Interest wanted,
        KeventBuffer changes,
        ref int count)
    {
        ref KqueueFilterState state = ref FilterOf(ref registration, filter);
        bool isWanted = (wanted & InterestOf(filter)) != 0;
        bool mayStay = !registration.MustReplace && (isWanted || IsToggled(registration.Trigger));
        if (state == KqueueFilterState.Absent || mayStay)
            return;
        changes.Set(count++, descriptor, filter, Kqueue.Delete, 0, registration.Key);
        state = KqueueFilterState.Absent;
    }

    private static void StageFilter(
        int descriptor,
        ref KqueueRegistration registration,
        short filter,
        Interest wanted,
        KeventBuffer changes,
        ref int count)
    {
        ref KqueueFilterState state = ref FilterOf(ref registration, filter);
        bool isWanted = (wanted & InterestOf(filter)) != 0;
        KqueueFilterState target = isWanted ? KqueueFilterState.Enabled : KqueueFilterState.Disabled;
        if (state == target || (!isWanted && !IsToggled(registration.Trigger)))
            return;
        if (state == KqueueFilterState.Absent)
        {
            var flags = (ushort)(Kqueue.Add | FlagsOf(registration.Trigger, filter, wanted));
            changes.Set(count++, descriptor, filter, flags, 0, registration.Key);
        }

        // Two entries rather than "add, disabled" in one: libkqueue arms such a filter and then refuses the other one.
        if (!isWanted || state == KqueueFilterState.Disabled)
            changes.Set(count++, descriptor, filter, isWanted ? Kqueue.Enable : Kqueue.Disable, 0, registration.Key);
        state = target;
    }

    /// <summary>
    /// Whether a filter that is not wanted stays, disabled. A one-shot filter is deleted by firing anyway; and an edge
    /// must be added anew to be looked at anew, which also spares libkqueue a disabled filter, for which it forgets
    /// that the other one is an edge.
    /// </summary>
    private static bool IsToggled(Trigger trigger) => trigger is Trigger.Level or Trigger.Dispatch;

    private static ref KqueueFilterState FilterOf(ref KqueueRegistration registration, short filter)
    {
        if (filter == Kqueue.ReadFilter)
            return ref registration.Read;
        return ref registration.Write;
    }

    private static Interest InterestOf(short filter) =>
        filter == Kqueue.ReadFilter ? Interest.Readable | Interest.ReadClosed : Interest.Writable;

    /// <summary>
    /// The read filter is what tells of the end, and of what comes before it as well: that is not reported, and as an
    /// edge it costs one event for each arrival and no spinning.
    /// </summary>
    private static bool WatchesEndOnly(short filter, Interest interest) =>
        filter == Kqueue.ReadFilter && (interest & (Interest.Readable | Interest.ReadClosed)) == Interest.ReadClosed;

    private static ushort FlagsOf(Trigger trigger, short filter, Interest interest) => trigger switch
    {
        _ when WatchesEndOnly(filter, interest) => Kqueue.Clear,
        Trigger.Edge => Kqueue.Clear,
        Trigger.OneShot => Kqueue.OneShot,
        Trigger.Dispatch => Kqueue.Dispatch,
        _ => 0,
    };
}
