using Penstock.Net;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Refusals;

/// <summary>A poller that takes so many descriptors and no more, as epoll at the kernel's limit of watches.</summary>
internal sealed class FullPoller(Poller inner, int capacity) : Poller
{
    private readonly HashSet<int> _known = [];

    public override string Name => inner.Name;

    public override int Wait(Span<PollEvent> events, TimeSpan timeout) => inner.Wait(events, timeout);

    public override void Add(int descriptor, ulong key, Interest interest, Trigger trigger = Trigger.Level)
    {
        if (_known.Count == capacity)
            throw new PollerException($"cannot add descriptor {descriptor}", Errno.ENOSPC);
        inner.Add(descriptor, key, interest, trigger);
        _known.Add(descriptor);
    }

    public override void Modify(int descriptor, ulong key, Interest interest, Trigger trigger = Trigger.Level) =>
        inner.Modify(descriptor, key, interest, trigger);

    public override void Remove(int descriptor)
    {
        inner.Remove(descriptor);
        _known.Remove(descriptor);
    }

    public override bool Supports(Trigger trigger) => inner.Supports(trigger);

    public override void Wake() => inner.Wake();

    protected override void Dispose(bool disposing) => inner.Dispose();
}
