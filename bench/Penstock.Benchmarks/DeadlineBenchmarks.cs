using BenchmarkDotNet.Attributes;
using Penstock.Timing;

namespace Penstock.Benchmarks;

/// <summary>Touching the idle deadline of connections in random order, as traffic does.</summary>
[MemoryDiagnoser]
public class DeadlineBenchmarks
{
    private const int Touches = 1_024;

    private readonly int[] _order = new int[Touches];
    private DeadlineQueue _queue = null!;
    private DeadlineList _idle = null!;
    private long _now;

    [Params(1_000, 100_000)]
    public int Connections { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _queue = new DeadlineQueue(LoopClock.System, Connections);
        _idle = _queue.GetList(TimeSpan.FromSeconds(60));
        for (int i = 0; i < Connections; i++)
            _queue.Set(i, _idle, _now);
        var random = new Random(1);
        for (int i = 0; i < Touches; i++)
            _order[i] = random.Next(Connections);
    }

    [Benchmark(OperationsPerInvoke = Touches)]
    public long Touch()
    {
        _now++;
        foreach (int connection in _order)
            _queue.Set(connection, _idle, _now);
        return _queue.Next;
    }
}
