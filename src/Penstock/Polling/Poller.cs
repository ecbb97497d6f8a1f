using System.Diagnostics.CodeAnalysis;

namespace Penstock.Polling;

/// <summary>
/// Watches many descriptors and tells which of them are ready: epoll, kqueue, poll and plain busy-waiting behind five
/// members.
/// </summary>
/// <remarks>
/// <para>
/// <b>Threading.</b> One thread uses a poller. <see cref="Wake"/> alone may be called from any thread, at any time,
/// also while the poller is being disposed.
/// </para>
/// <para>
/// <b>Ownership.</b> The descriptors belong to the caller. Remove a descriptor before closing it: some mechanisms
/// forget a closed descriptor and some go on to report whatever is opened next under its number. Events that were
/// collected before a removal can still be in the caller's hands, so a key should carry something that tells
/// generations apart.
/// </para>
/// <para>
/// <b>Portability.</b> Every mechanism keeps the following, and code that relies on no more runs on all of them.
/// <list type="bullet">
/// <item>Events are hints. A read or write after one may still answer EAGAIN: another process took the connection, a
/// checksum was wrong, or the poller guesses, as <see cref="SpinPoller"/> does.</item>
/// <item>The end of a stream is <see cref="Readiness.Readable"/> with or without
/// <see cref="Readiness.ReadClosed"/>; a broken connection is any of <see cref="Readiness.Readable"/>,
/// <see cref="Readiness.HangUp"/> and <see cref="Readiness.Error"/>. Reading is the only reliable way to find out which
/// it is. <see cref="Readiness.HangUp"/> and <see cref="Readiness.Error"/> need not be asked for.</item>
/// <item>While <see cref="Interest.None"/> lasts, a mechanism may report <see cref="Readiness.HangUp"/> or
/// <see cref="Readiness.Error"/> when they come to be. It never repeats them.</item>
/// <item>Readable and writable may come in one event or in two.</item>
/// <item>Events of different descriptors have no order, and a descriptor that is ready is served even when others are
/// ready all the time and the span for events is short.</item>
/// <item>Not every mechanism has every trigger: see <see cref="Supports"/>.</item>
/// </list>
/// These differ, and nothing should depend on them: whether a regular file can be added (epoll refuses with EPERM, poll
/// reports it ready always); what <see cref="Modify"/> does to a one-shot registration that has fired, and whether it
/// can be added with another trigger without being removed; whether a second readable edge is reported when more data
/// arrives before the first was read; what happens to a descriptor closed without removal.
/// </para>
/// </remarks>
public abstract class Poller : IDisposable
{
    /// <summary>The one key that cannot be used: pollers mark their own descriptor with it.</summary>
    public const ulong ReservedKey = ulong.MaxValue;

    /// <summary>The mechanism, as in "epoll".</summary>
    public abstract string Name { get; }

    /// <summary>
    /// Waits until a descriptor is ready, the time is over, <see cref="Wake"/> was called, or a signal arrived.
    /// </summary>
    /// <param name="events">
    /// Where the events go; must not be empty. When more descriptors are ready than fit, the next wait goes on with the
    /// others.
    /// </param>
    /// <param name="timeout">
    /// How long to wait at most; <see cref="TimeSpan.Zero"/> only looks, <see cref="Timeout.InfiniteTimeSpan"/> has no
    /// limit. It is rounded up to what the mechanism can express, a millisecond at worst: rounding never cuts a wait
    /// short.
    /// </param>
    /// <returns>
    /// How many events were written. 0 does not mean that the time is over: compute the remaining time anew and wait
    /// again.
    /// </returns>
    /// <exception cref="PollerException">The mechanism failed; the loop cannot go on.</exception>
    public abstract int Wait(Span<PollEvent> events, TimeSpan timeout);

    /// <summary>
    /// Begins to watch a descriptor. With <see cref="Trigger.OneShot"/> it also arms a registration that has fired, and
    /// replaces one that has not.
    /// </summary>
    /// <param name="descriptor">A file descriptor, owned by the caller.</param>
    /// <param name="key">What events are to carry: any number but <see cref="ReservedKey"/>.</param>
    /// <param name="interest">What to report; <see cref="Interest.None"/> registers it paused.</param>
    /// <param name="trigger">How often to report it.</param>
    /// <exception cref="PollerException">
    /// EEXIST: it is being watched already. EBADF: it is not open. Others when the kernel lacks resources.
    /// </exception>
    /// <exception cref="NotSupportedException">The mechanism lacks this trigger.</exception>
    public abstract void Add(int descriptor, ulong key, Interest interest, Trigger trigger = Trigger.Level);

    /// <summary>Replaces key, interest and trigger; arms a <see cref="Trigger.Dispatch"/> registration again.</summary>
    /// <param name="descriptor">A file descriptor that is being watched.</param>
    /// <param name="key">What events are to carry from now on.</param>
    /// <param name="interest">What to report; <see cref="Interest.None"/> pauses.</param>
    /// <param name="trigger">How often to report it.</param>
    /// <exception cref="PollerException">ENOENT: it is not being watched.</exception>
    /// <exception cref="NotSupportedException">The mechanism lacks this trigger.</exception>
    public abstract void Modify(int descriptor, ulong key, Interest interest, Trigger trigger = Trigger.Level);

    /// <summary>
    /// Ends the watch; no later wait reports it. A one-shot registration that has fired may be removed like any other.
    /// </summary>
    /// <param name="descriptor">A file descriptor that is being watched.</param>
    /// <exception cref="PollerException">ENOENT: it is not being watched.</exception>
    public abstract void Remove(int descriptor);

    /// <summary>Whether <see cref="Add"/> and <see cref="Modify"/> accept this trigger.</summary>
    public abstract bool Supports(Trigger trigger);

    /// <summary>
    /// Whether reporting an error takes it from the socket, so that a later read says that all ended well.
    /// </summary>
    internal virtual bool TakesErrors => false;

    /// <summary>Whether it reports what it was asked for without having looked.</summary>
    internal virtual bool Guesses => false;

    /// <summary>
    /// Makes the current wait, or else the next, return early, possibly without events. Many calls before that return
    /// count as one. Whatever the caller wrote before this call is visible to the waiting thread after the return. Does
    /// nothing once the poller is disposed.
    /// </summary>
    public abstract void Wake();

    /// <summary>Gives the mechanism's own descriptors back. The watched ones stay open.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the mechanism's own descriptors back. May be called twice.</summary>
    /// <param name="disposing">Always true; pollers have no finalizer.</param>
    protected abstract void Dispose(bool disposing);

    private protected void CheckRegistration(ulong key, Trigger trigger)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(key, ReservedKey);
        if (!Supports(trigger))
            ThrowUnsupported(trigger);
    }

    /// <summary>Throws when a system call's result is an error.</summary>
    private protected void CheckResult(int result, string action, int descriptor)
    {
        if (result < 0)
            throw new PollerException($"{Name} cannot {action} descriptor {descriptor}", -result);
    }

    [DoesNotReturn]
    private protected void ThrowWaitFailed(int result) => throw new PollerException($"{Name} cannot wait", -result);

    [DoesNotReturn]
    private void ThrowUnsupported(Trigger trigger)
    {
        IEnumerable<Trigger> supported = Enum.GetValues<Trigger>().Where(Supports);
        string names = string.Join(", ", supported.Select(Label));
        throw new NotSupportedException($"{Name} has no {Label(trigger)} trigger; it has {names}");
    }

    private static string Label(Trigger trigger) =>
        trigger == Trigger.OneShot ? "one-shot" : trigger.ToString().ToLowerInvariant();
}
