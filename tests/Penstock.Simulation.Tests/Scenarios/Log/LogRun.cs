using Penstock.KeyValue;
using Penstock.Simulation.Tests.Files;

namespace Penstock.Simulation.Tests.Scenarios.Log;

/// <summary>
/// One run of the key-value log under one seed. Store, log, snapshots and recovery are the real ones; the disk, the
/// clock and the threads are models. The server is started, used and crashed several times.
/// </summary>
internal sealed class LogRun
{
    /// <summary>Attempts to start over a disk that fails before it fails no more.</summary>
    private const int MaxAttempts = 10;

    private readonly SeededGenerator _chance;
    private readonly DiskFaultPlan _faults;
    private readonly LogServer _server;
    private int _callsLeft = int.MaxValue;
    private bool _isLogActive;
    private bool _isCompactorActive;
    private bool _isClientActive;
    private long _calls;

    /// <param name="seed">The seed.</param>
    /// <param name="repliesEarly">Plants the bug that a transaction is acknowledged before its sync.</param>
    public LogRun(ulong seed, bool repliesEarly = false)
    {
        _chance = new SeededGenerator(seed);
        _faults = DiskFaultPlan.Draw(_chance);
        SyncPolicy sync = repliesEarly ? SyncPolicy.Always : _chance.Pick(Enum.GetValues<SyncPolicy>());
        var disk = new SimulatedDisk(_chance, _faults);
        _server = new LogServer(_chance, disk, sync, _chance.Spread(100, 100_000), repliesEarly)
        {
            BeforeCall = (_, _) => Happen(),
        };
    }

    public SimulationResult Run()
    {
        for (int round = _chance.Between(2, 6); round > 0; round--)
        {
            try
            {
                _callsLeft = _chance.Chance(0.3) ? _chance.Between(1, 60) : int.MaxValue;
                Start();
                _callsLeft = _chance.Chance(0.7) ? (int)_chance.Spread(1, 2_000) : int.MaxValue;
                Serve();
                Stop();
            }
            catch (CrashException)
            {
                Crash();
            }
        }

        _faults.IsHealed = true;
        _callsLeft = int.MaxValue;
        Start();
        Stop();
        return new SimulationResult(
            _server.Transactions, _server.Bytes, _faults.Total, _calls, _server.Clock.Elapsed);
    }

    /// <summary>Starts the server, as often as it takes on a disk that fails.</summary>
    private void Start()
    {
        for (int attempt = 1; !_server.IsRunning; attempt++)
        {
            _faults.IsHealed |= attempt > MaxAttempts;
            try
            {
                _server.Start();
            }
            catch (IOException) when (!_faults.IsHealed)
            {
                // The process ends, and somebody starts it again.
                _server.Kill();
            }
        }
    }

    private void Serve()
    {
        for (long steps = _chance.Spread(5, 300); steps > 0; steps--)
            Act();
    }

    /// <summary>No loop serves any more, and the log takes its last steps itself.</summary>
    private void Stop()
    {
        _isClientActive = _isLogActive = true;
        _server.Stop();
        _isClientActive = _isLogActive = false;
    }

    private void Crash()
    {
        _isClientActive = _isLogActive = _isCompactorActive = false;
        if (_chance.Chance(0.5))
            _server.FailPower(new DrawnChoices(_chance));
        else
            _server.Kill();
    }

    /// <summary>Before a call to the disk: the end may come, or another thread does something.</summary>
    private void Happen()
    {
        _calls++;
        if (--_callsLeft <= 0)
        {
            _server.Disk.End();
            throw new CrashException();
        }

        while (_server.IsRunning && _faults.Strikes(DiskFault.Interleaving))
            Act();
    }

    private void Act()
    {
        switch (_chance.Below(10))
        {
            case < 4:
                Once(ref _isClientActive, _server.Transact);
                break;
            case < 7:
                Once(ref _isLogActive, _server.StepLog);
                break;
            case < 9:
                Once(ref _isCompactorActive, StepCompactor);
                break;
            default:
                PassTime();
                break;
        }
    }

    /// <summary>A thread is in one place at a time.</summary>
    private static void Once(ref bool isActive, Action action)
    {
        if (isActive)
            return;
        isActive = true;
        action();
        isActive = false;
    }

    private void StepCompactor()
    {
        if (_chance.Chance(0.02))
            _server.RequestCompaction();
        _server.StepCompactor();
    }

    private void PassTime()
    {
        _server.Clock.Advance(_chance.Spread(VirtualTime.Millisecond, 5 * VirtualTime.Second));
        if (_chance.Chance(0.1))
            _server.Clock.Set(_chance.Pick(-1, 1) * _chance.Spread(VirtualTime.Second, 60 * VirtualTime.Second));
    }
}
