using BenchmarkDotNet.Attributes;
using Penstock.Buffers;
using Penstock.Drivers;

namespace Penstock.Benchmarks;

/// <summary>
/// One message to many receivers: what queueing and consuming it costs the sender's side, by reference and by copy.
/// What the kernel does with one segment per message is not in it; the broadcast benchmark measures that.
/// </summary>
[MemoryDiagnoser]
public class FanOutBenchmarks
{
    private const int Receivers = 1_000;
    private const int MessagesPerTurn = 8;

    private readonly SendSegment[] _segments = new SendSegment[64];
    private SendQueue[] _queues = [];
    private SharedPayload _payload = null!;

    [Params(32, 256, 1024, 8192)]
    public int MessageBytes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var pool = new BlockPool(maxFreeBytes: 256 * 1024 * 1024);
        _queues = new SendQueue[Receivers];
        for (int i = 0; i < Receivers; i++)
            _queues[i] = new SendQueue(pool);
        _payload = SharedPayload.Copy(new byte[MessageBytes]);
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Receivers * MessagesPerTurn)]
    public int Copy()
    {
        for (int message = 0; message < MessagesPerTurn; message++)
        {
            foreach (ref SendQueue queue in _queues.AsSpan())
                queue.Write(_payload.Span);
        }

        return ConsumeAll();
    }

    [Benchmark(OperationsPerInvoke = Receivers * MessagesPerTurn)]
    public int Share()
    {
        for (int message = 0; message < MessagesPerTurn; message++)
        {
            foreach (ref SendQueue queue in _queues.AsSpan())
                queue.Write(_payload);
        }

        return ConsumeAll();
    }

    private int ConsumeAll()
    {
        int segments = 0;
        foreach (ref SendQueue queue in _queues.AsSpan())
        {
            segments += queue.FillSegments(_segments);
            queue.Consume(queue.Length);
        }

        return segments;
    }
}
