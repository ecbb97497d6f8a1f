using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Penstock.Interop.Posix;
using Penstock.Net;

namespace Penstock.Polling;

/// <summary>
/// The registrations of a mechanism whose kernel side keeps none. Adding, changing and removing cost O(1); what is
/// paused or has been reported once costs a wait nothing.
/// </summary>
/// <remarks>
/// Two arrays: what is known, indexed by descriptor (a small number, as the kernel hands out the lowest that is free),
/// and what is active, dense and in the form <c>poll</c> takes. Leaving the second swaps the last entry into the gap. A
/// cursor goes round the active entries from wait to wait, so that a full batch ends where the next begins. It goes
/// downwards: the entry that fills a gap then comes from where it has been. Upwards, registrations that are reported
/// once and armed again would be swapped in front of it time after time, and the others never looked at.
/// </remarks>
internal sealed unsafe class RegistrationTable
{
    internal const int MinCapacity = 64;

    private Registration[] _known = new Registration[MinCapacity];
    private PollDescriptor[] _active = AllocateActive(MinCapacity);
    private int _cursor;

    /// <summary>The <see cref="ActiveCount"/> active entries, at an address that holds until the next change.</summary>
    internal PollDescriptor* Active =>
        (PollDescriptor*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_active));

    internal int ActiveCount { get; private set; }

    internal int ActiveCapacity => _active.Length;

    /// <summary>The active entry to look at next; there must be one.</summary>
    internal ref PollDescriptor Current
    {
        get
        {
            if ((uint)_cursor >= (uint)ActiveCount)
                _cursor = ActiveCount - 1;
            return ref _active[_cursor];
        }
    }

    /// <summary>Passes <see cref="Current"/> by.</summary>
    internal void Skip() => _cursor--;

    /// <summary>Passes <see cref="Current"/> by as reported, which its trigger may let happen only once.</summary>
    internal ref readonly Registration Report()
    {
        ref Registration registration = ref _known[Current.Descriptor];
        _cursor--;
        if (!registration.IsReportedOnce)
            return ref registration;
        Deactivate(ref registration);
        if (registration.Trigger == Trigger.OneShot)
            registration.State = RegistrationState.Fired;
        return ref registration;
    }

    /// <summary>0, -EEXIST or -EBADF.</summary>
    internal int Add(int descriptor, ulong key, Interest interest, Trigger trigger)
    {
        RegistrationState state = StateOf(descriptor);
        if (state == RegistrationState.Watched && trigger != Trigger.OneShot)
            return -Errno.EEXIST;
        if (state == RegistrationState.Unknown)
        {
            // Also what bounds the index: no open descriptor exceeds the process's limit.
            if (!IsOpen(descriptor))
                return -Errno.EBADF;
            Reserve(descriptor);
        }
        ref Registration registration = ref _known[descriptor];
        if (state != RegistrationState.Watched)
            registration.ActivePosition = Registration.Inactive;
        registration.State = RegistrationState.Watched;
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

    /// <summary>0 or -ENOENT.</summary>
    internal int Remove(int descriptor)
    {
        if (StateOf(descriptor) == RegistrationState.Unknown)
            return -Errno.ENOENT;
        ref Registration registration = ref _known[descriptor];
        if (registration.ActivePosition != Registration.Inactive)
            Deactivate(ref registration);
        registration = default;
        return 0;
    }

    internal static bool IsOpen(int descriptor)
    {
        PollDescriptor probe = new() { Descriptor = descriptor };
        return descriptor >= 0
            && Libc.Poll(&probe, 1, timeoutMilliseconds: 0) >= 0
            && ((uint)probe.Returned & ReadinessMask.Invalid) == 0;
    }

    private static PollDescriptor[] AllocateActive(int capacity) =>
        GC.AllocateArray<PollDescriptor>(capacity, pinned: true);

    private RegistrationState StateOf(int descriptor) =>
        (uint)descriptor < (uint)_known.Length ? _known[descriptor].State : RegistrationState.Unknown;

    private void Reserve(int descriptor)
    {
        if (descriptor >= _known.Length)
            Array.Resize(ref _known, Math.Max(_known.Length * 2, descriptor + 1));
    }

    private void Set(int descriptor, ulong key, Interest interest, Trigger trigger)
    {
        ref Registration registration = ref _known[descriptor];
        registration.Key = key;
        registration.Interest = interest;
        registration.Trigger = trigger;
        bool wasActive = registration.ActivePosition != Registration.Inactive;
        if (interest == Interest.None)
        {
            if (wasActive)
                Deactivate(ref registration);
            return;
        }
        if (!wasActive)
            registration.ActivePosition = Append();
        _active[registration.ActivePosition] =
            new PollDescriptor { Descriptor = descriptor, Requested = (short)ReadinessMask.From(interest) };
    }

    private int Append()
    {
        if (ActiveCount == _active.Length)
            ResizeActive(_active.Length * 2);
        return ActiveCount++;
    }

    private void Deactivate(ref Registration registration)
    {
        int position = registration.ActivePosition;
        registration.ActivePosition = Registration.Inactive;
        int last = --ActiveCount;
        if (position != last)
        {
            _active[position] = _active[last];
            _known[_active[position].Descriptor].ActivePosition = position;
        }
        // At a quarter, not at a half: a table that lost half of its entries must not resize with every other call.
        if (ActiveCount < _active.Length / 4 && _active.Length > MinCapacity)
            ResizeActive(_active.Length / 2);
    }

    private void ResizeActive(int capacity)
    {
        PollDescriptor[] resized = AllocateActive(capacity);
        _active.AsSpan(0, ActiveCount).CopyTo(resized);
        _active = resized;
    }
}
