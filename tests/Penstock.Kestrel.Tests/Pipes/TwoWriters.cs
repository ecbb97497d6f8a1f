using System.IO.Pipelines;
using Penstock.Kestrel.Connections;

namespace Penstock.Kestrel.Tests.Pipes;

/// <summary>
/// A <see cref="Pipe"/> and a transport's output, whose writers go through the same operations on the output's loop.
/// The kernel takes what was flushed when the test says so.
/// </summary>
internal sealed class TwoWriters : IDisposable
{
    public const int WaitAt = 100;

    private static readonly PipeOptions Options = new(
        readerScheduler: PipeScheduler.Inline,
        writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: WaitAt,
        resumeWriterThreshold: WaitAt / 2,
        minimumSegmentSize: 4_096,
        useSynchronizationContext: false);

    private readonly Random _random;
    private readonly Pipe _pipe = new(Options);
    private readonly TransportOutput _output;
    private readonly List<(string Name, Task<string> Pipe, Task<string> Output)> _waiting = [];
    private readonly List<string> _history = [];
    private CancellationTokenSource _canceling = new();
    private bool _completed;
    private bool _closed;

    public TwoWriters(int seed, TransportOutput output)
    {
        _random = new Random(seed);
        _output = output;
        _history.Add($"seed {seed}");
    }

    public void Run(int steps)
    {
        for (int i = 0; i < steps; i++)
            Step();
    }

    public void Dispose() => _canceling.Dispose();

    private void Step()
    {
        switch (_random.Next(100))
        {
            case < 25:
                int count = _random.Next(0, 70);
                Do($"write {count}", writer => Write(writer, count));
                break;
            case < 55:
                CancellationToken token = _random.Next(10) == 0 ? new CancellationToken(true) : _canceling.Token;
                Start("FlushAsync", writer => writer.FlushAsync(token));
                break;
            case < 65:
                byte[] bytes = new byte[_random.Next(0, 70)];
                Start($"WriteAsync({bytes.Length})", writer => writer.WriteAsync(bytes, _canceling.Token));
                break;
            case < 80:
                Drain();
                break;
            case < 86:
                Do("CancelPendingFlush", writer => writer.CancelPendingFlush());
                break;
            case < 90:
                CancellationTokenSource canceling = _canceling;
                _canceling = new();
                Do("token", _ => canceling.Cancel());
                break;
            case < 96:
                Misuse();
                break;
            case < 98:
                Exception? error = _random.Next(2) == 0 ? null : new IOException();
                _completed = true;
                Do("Complete", writer => writer.Complete(error));
                break;
            default:
                Close();
                break;
        }
    }

    private static void Write(PipeWriter writer, int count)
    {
        Memory<byte> memory = writer.GetMemory(count);
        Assert.True(memory.Length >= Math.Max(1, count));
        writer.Advance(count);
    }

    private void Start(string name, Func<PipeWriter, ValueTask<FlushResult>> flush)
    {
        _history.Add(name);

        // The second of two flushes at once ends the reader.
        _closed |= _waiting.Count > 0;
        Task<string> pipe = Outcome.Start(() => flush(_pipe.Writer), Outcome.Describe);
        Task<string> output = Outcome.Start(() => flush(_output), Outcome.Describe);
        _waiting.Add((name, pipe, output));
        Check();
    }

    /// <summary>The kernel, or the reader, takes all that was flushed.</summary>
    private void Drain()
    {
        if (_closed)
            return;
        _history.Add("drain");
        if (Outcome.Of(() => Assert.True(_pipe.Reader.TryRead(out ReadResult read) && Take(read))) == "done")
            _output.OnDrained();
        Check();

        bool Take(ReadResult read)
        {
            _pipe.Reader.AdvanceTo(read.Buffer.End);
            return true;
        }
    }

    private void Close()
    {
        if (_closed)
            return;
        _closed = true;
        _history.Add("close");
        _pipe.Reader.Complete();
        _output.OnClosed();
        Check();
    }

    /// <summary>What a pipe refuses whatever became of its memory.</summary>
    private void Misuse()
    {
        if (_completed)
        {
            Do("GetMemory", writer => writer.GetMemory());
            Do("GetSpan(-1)", writer => writer.GetSpan(-1));
            return;
        }

        switch (_random.Next(3))
        {
            case 0:
                Do("GetMemory(-1)", writer => writer.GetMemory(-1));
                break;
            case 1:
                Do("Advance(-1)", writer => writer.Advance(-1));
                break;
            default:
                Do("Advance too far", writer => writer.Advance(writer.GetMemory().Length + 1));
                break;
        }
    }

    private void Do(string name, Action<PipeWriter> operation)
    {
        string pipe = Outcome.Of(() => operation(_pipe.Writer)), output = Outcome.Of(() => operation(_output));
        _history.Add($"{name}: {pipe}");
        Assert.True(pipe == output, $"{string.Join("; ", _history)}. The output: {output}");
        Check();
    }

    private void Check()
    {
        foreach ((string name, Task<string> pipe, Task<string> output) in _waiting)
        {
            string expected = pipe.IsCompleted ? pipe.Result : Outcome.Waits;
            string actual = output.IsCompleted ? output.Result : Outcome.Waits;
            Assert.True(expected == actual, $"{string.Join("; ", _history)}. {name}: {expected}; the output: {actual}");
        }

        _waiting.RemoveAll(wait => wait.Pipe.IsCompleted);
        if (!_closed && !_completed)
        {
            long expected = _pipe.Writer.UnflushedBytes, actual = _output.UnflushedBytes;
            Assert.True(expected == actual, $"{string.Join("; ", _history)}. Unflushed: {expected}, {actual}");
        }
    }
}
