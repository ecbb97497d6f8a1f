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

    public void Dispose() => Guard(_meter.Dispose);

    /// <summary>
    /// Listeners are called when an instrument is made and when it ends, and what they throw comes out there: in the
    /// middle of the start of the loops, or before their end.
    /// </summary>
    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception)
        {
            PenstockEventSource.Log.MeterFault(_meter.Name, exception);
        }
    }

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
        Counter("penstock.memory.closes", "{connection}", s => s.MemoryCloses,
            "Connections reset because memory for them was used up.");
        Counter("penstock.handler.faults", "{fault}", s => s.HandlerFaults,
            "Handler calls that threw.");
        Counter("penstock.callback.faults", "{fault}", s => s.CallbackFaults,
            "Timers, posted work and other callbacks without a connection that threw.");
    }

    private void CreateGauges()
    {
        UpDownCounter("penstock.connections.open", "{connection}", loop => loop.Statistics.OpenConnections,
            "Connections open.");
        UpDownCounter("penstock.unsent", "By", loop => loop.ReadBacklog().Bytes,
            "Bytes that wait to be sent.");
        Gauge("penstock.unsent.largest", "By", loop => loop.ReadBacklog().LargestBytes,
            "The most that waits on one connection.");
    }

    private void Counter(string name, string unit, Func<LoopStatistics, long> read, string description) => Guard(
        () => _meter.CreateObservableCounter(name, () => Measure(loop => read(loop.Statistics)), unit, description));

    private void Gauge(string name, string unit, Func<EventLoop, long> read, string description) =>
        Guard(() => _meter.CreateObservableGauge(name, () => Measure(read), unit, description));

    private void UpDownCounter(string name, string unit, Func<EventLoop, long> read, string description) =>
        Guard(() => _meter.CreateObservableUpDownCounter(name, () => Measure(read), unit, description));

    private IEnumerable<Measurement<long>> Measure(Func<EventLoop, long> read)
    {
        foreach (EventLoop loop in _loops())
            yield return new Measurement<long>(read(loop), new KeyValuePair<string, object?>("loop", loop.Index));
    }
}
