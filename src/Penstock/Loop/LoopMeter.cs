using System.Diagnostics.Metrics;
using Penstock.Diagnostics;

namespace Penstock.Loop;

/// <summary>
/// The meter <c>Penstock</c>: what each loop has done, read from its own counters when somebody observes, so that
/// counting costs the loop nothing. Each measurement is tagged with the loop's number.
/// </summary>
internal sealed class LoopMeter : IDisposable
{
    private readonly Meter _meter = new("Penstock");
    private readonly Func<EventLoop[]> _loops;

    public LoopMeter(Func<EventLoop[]> loops)
    {
        _loops = loops;
        CreateCounters();
        CreateGauges();
    }

    public void Dispose() => _meter.Dispose();

    private void CreateCounters()
    {
        Counter("penstock.loop.turns", "{turn}", s => s.Turns,
            "Turns of the loop: waits for the operating system.");
        Counter("penstock.loop.completions", "{completion}", s => s.Completions,
            "Completions dispatched.");
        Counter("penstock.loop.stale", "{completion}", s => s.StaleCompletions,
            "Completions and posts for connections that had ended.");
        Counter("penstock.connections.accepted", "{connection}", s => s.AcceptedConnections,
            "Connections accepted.");
        Counter("penstock.received", "By", s => s.ReceivedBytes,
            "Bytes received.");
        Counter("penstock.sent", "By", s => s.SentBytes,
            "Bytes that the kernel took.");
        Counter("penstock.sends", "{send}", s => s.Sends,
            "Sends: one per connection and turn unless the kernel is full.");
        Counter("penstock.receive.pauses", "{pause}", s => s.ReceivePauses,
            "Times that a connection was not received from.");
        Counter("penstock.accept.backoffs", "{backoff}", s => s.AcceptBackoffs,
            "Times that descriptors or memory ran out.");
        Counter("penstock.listener.pauses", "{pause}", s => s.ListenerPauses,
            "Times that a full server stopped accepting.");
        Counter("penstock.payloads.dropped", "{payload}", s => s.DroppedPayloads,
            "Payloads dropped for slow consumers.");
        Counter("penstock.slow_consumers", "{connection}", s => s.SlowConsumers,
            "Connections reset because they did not read.");
        Counter("penstock.handler.faults", "{fault}", s => s.HandlerFaults,
            "Handler calls that threw.");
    }

    private void CreateGauges()
    {
        _meter.CreateObservableUpDownCounter(
            "penstock.connections.open",
            () => Measure(loop => loop.Statistics.OpenConnections),
            "{connection}",
            "Connections open.");
        _meter.CreateObservableUpDownCounter(
            "penstock.unsent",
            () => Measure(loop => loop.ReadBacklog().Bytes),
            "By",
            "Bytes that wait to be sent.");
        _meter.CreateObservableGauge(
            "penstock.unsent.largest",
            () => Measure(loop => loop.ReadBacklog().LargestBytes),
            "By",
            "The most that waits on one connection.");
    }

    private void Counter(string name, string unit, Func<LoopStatistics, long> read, string description) =>
        _meter.CreateObservableCounter(name, () => Measure(loop => read(loop.Statistics)), unit, description);

    private IEnumerable<Measurement<long>> Measure(Func<EventLoop, long> read)
    {
        foreach (EventLoop loop in _loops())
            yield return new Measurement<long>(read(loop), new KeyValuePair<string, object?>("loop", loop.Index));
    }
}
