using Penstock.Loop;
using Penstock.Simulation.Driving;
using Penstock.Simulation.Network;

namespace Penstock.Simulation;

/// <summary>
/// The timers of a run. They end when for a long time nothing else has happened: a run with a client that will never do
/// anything would go on for ever.
/// </summary>
internal sealed class BackgroundTimers(EventLoop loop, SimulatedDriver driver, SimulatedNetwork network)
{
    /// <summary>Longer than any deadline that a scenario draws.</summary>
    private const long Patience = 300 * VirtualTime.Second;

    private readonly List<IDisposable> _timers = [];
    private long _lastProgress;
    private long _lastProgressAt;

    public void Start(TimeSpan period, Action work) => _timers.Add(loop.Context.StartTimer(period, work));

    /// <summary>
    /// Bytes and completions count; what posted work schedules for itself, every turn of a timer, does not.
    /// </summary>
    public void StopIfAlone()
    {
        long progress = network.CarriedBytes + driver.Completions;
        if (progress != _lastProgress)
            (_lastProgress, _lastProgressAt) = (progress, network.Time.Now);
        else if (network.Time.Now - _lastProgressAt > Patience)
            Stop();
    }

    public void Stop()
    {
        foreach (IDisposable timer in _timers)
            timer.Dispose();
        _timers.Clear();
    }
}
