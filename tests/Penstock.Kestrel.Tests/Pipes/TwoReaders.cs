using System.Buffers;
using System.IO.Pipelines;
using Penstock.Kestrel.Connections;

namespace Penstock.Kestrel.Tests.Pipes;

/// <summary>A <see cref="Pipe"/> and a transport's input, whose readers go through the same operations.</summary>
internal sealed class TwoReaders : IDisposable
{
    public const int PauseAt = 100;

    private static readonly PipeOptions Options = new(
        readerScheduler: PipeScheduler.Inline,
        writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: PauseAt,
        resumeWriterThreshold: PauseAt / 2,
        minimumSegmentSize: 4_096,
        useSynchronizationContext: false);

    private readonly Random _random;
    private readonly Pipe _pipe = new(Options);
    private readonly TransportInput _input;
    private readonly bool _settles;
    private readonly List<(string Name, Task<string> Pipe, Task<string> Input)> _waiting = [];
    private readonly List<string> _history = [];
    private ReadOnlySequence<byte> _ofPipe;
    private ReadOnlySequence<byte> _ofInput;
    private CancellationTokenSource _canceling = new();
    private Task _flush = Task.CompletedTask;
    private int _written;
    private bool _ended;
    private bool _completed;

    /// <param name="seed">Decides everything.</param>
    /// <param name="input">Fresh, with the limit <see cref="PauseAt"/>.</param>
    /// <param name="settles">The input wakes its reader on the thread pool, which takes a moment.</param>
    public TwoReaders(int seed, TransportInput input, bool settles)
    {
        _random = new Random(seed);
        _input = input;
        _settles = settles;
        _history.Add($"seed {seed}");
    }

    private string Story => $"{string.Join("; ", _history)}.";

    public void Run(int steps)
    {
        for (int i = 0; i < steps; i++)
            Step();
        End(null);
    }

    public void Dispose() => _canceling.Dispose();

    private void Step()
    {
        switch (_random.Next(100))
        {
            case < 25:
                Write(_random.Next(1, 70));
                break;
            case < 50:
                Read();
                break;
            case < 57:
                int minimum = _random.Next(0, 150);
                Start($"ReadAtLeastAsync({minimum})", r => r.ReadAtLeastAsync(minimum, _canceling.Token));
                break;
            case < 64:
                Compare("TryRead", TryRead(_pipe.Reader, ref _ofPipe), TryRead(_input, ref _ofInput));
                break;
            case < 84:
                Advance();
                break;
            case < 90:
                Do("CancelPendingRead", r => r.CancelPendingRead());
                break;
            case < 94:
                CancellationTokenSource canceling = _canceling;
                _canceling = new();
                Do("token", _ => canceling.Cancel());
                break;
            case < 96:
                Copy();
                break;
            case < 98:
                End(_random.Next(2) == 0 ? null : new IOException());
                break;
            default:
                Exception? error = _random.Next(2) == 0 ? null : new IOException();
                _ofPipe = _ofInput = default;
                _completed = true;
                Do("Complete", r => r.Complete(error));
                break;
        }
    }

    /// <summary>The transport stops receiving when it is told to, and after what it was told is the end.</summary>
    private void Write(int count)
    {
        if (_ended || !_flush.IsCompleted)
            return;
        byte[] bytes = new byte[count];
        foreach (ref byte value in bytes.AsSpan())
            value = (byte)_written++;
        _history.Add($"write {count}");
        _flush = Outcome.Start(() => _pipe.Writer.WriteAsync(bytes), Outcome.Describe);
        _input.Receive(bytes);
        Check();
    }

    private void End(Exception? error)
    {
        if (_ended)
            return;
        _ended = true;
        _history.Add($"end {error}");
        _pipe.Writer.Complete(error);
        _input.Finish(error);
        Check();
    }

    private void Read()
    {
        CancellationToken token = _random.Next(10) == 0 ? new CancellationToken(true) : _canceling.Token;
        Start("ReadAsync", reader => reader.ReadAsync(token));
    }

    private void Start(string name, Func<PipeReader, ValueTask<ReadResult>> read)
    {
        _history.Add(name);

        // The second of two reads at once ends the pipe.
        _ended |= _waiting.Count > 0;
        Task<string> pipe = Outcome.Start(() => read(_pipe.Reader), result => Keep(result, out _ofPipe));
        Task<string> input = Outcome.Start(() => read(_input), result => Keep(result, out _ofInput));
        _waiting.Add((name, pipe, input));
        if (!pipe.IsCompleted)
            _ofPipe = _ofInput = default;
        Check();
    }

    private void Copy()
    {
        // One that takes its time would be compared in the middle.
        if (_waiting.Count > 0 || _settles)
            return;
        var ofPipe = new MemoryStream();
        var ofInput = new MemoryStream();
        _history.Add("CopyToAsync");
        _ofPipe = _ofInput = default;
        Task<string> pipe = CopyAsync(_pipe.Reader, ofPipe), input = CopyAsync(_input, ofInput);
        _waiting.Add(("CopyToAsync", pipe, input));
        Check();

        Task<string> CopyAsync(PipeReader reader, MemoryStream target) => Outcome.Start(
            async () =>
            {
                await reader.CopyToAsync(target, _canceling.Token).ConfigureAwait(false);
                return 0;
            },
            _ => Convert.ToHexString(target.ToArray()));
    }

    /// <summary>To places in the last buffer, right and wrong ones; and to none, also without a buffer.</summary>
    private void Advance()
    {
        long length = _ofPipe.Length;
        if (length == 0 || _random.Next(10) == 0)
        {
            _ofPipe = _ofInput = default;
            Do("AdvanceTo(default)", r => r.AdvanceTo(default));
            return;
        }

        long consumed = _random.Next((int)length + 1);
        long examined = _random.Next(3) == 0 ? length : _random.Next((int)length + 1);
        string name = $"AdvanceTo({consumed}, {examined})";
        string pipe = Outcome.Of(() =>
            _pipe.Reader.AdvanceTo(_ofPipe.GetPosition(consumed), _ofPipe.GetPosition(examined)));
        string input = Outcome.Of(() =>
            _input.AdvanceTo(_ofInput.GetPosition(consumed), _ofInput.GetPosition(examined)));

        // What was consumed is not there any more; positions in the wrong order consume nothing.
        if (pipe == "done")
            _ofPipe = _ofInput = default;
        Compare(name, pipe, input);
    }

    private static string TryRead(PipeReader reader, ref ReadOnlySequence<byte> buffer)
    {
        ReadResult result = default;
        bool read = false;
        string outcome = Outcome.Of(() => read = reader.TryRead(out result));
        if (outcome != "done")
            return outcome;
        buffer = result.Buffer;
        return $"{read} {Outcome.Describe(result)}";
    }

    /// <summary>A reader that was completed has no claim to bytes; a pipe may show them all the same.</summary>
    private string Keep(ReadResult result, out ReadOnlySequence<byte> buffer)
    {
        buffer = _completed ? default : result.Buffer;
        return Outcome.Describe(new ReadResult(buffer, result.IsCanceled, result.IsCompleted));
    }

    private void Do(string name, Action<PipeReader> operation) =>
        Compare(name, Outcome.Of(() => operation(_pipe.Reader)), Outcome.Of(() => operation(_input)));

    private void Compare(string name, string pipe, string input)
    {
        _history.Add($"{name}: {pipe}");
        Assert.True(pipe == input, $"{Story} The input: {input}");
        Check();
    }

    /// <summary>Both have woken the same readers with the same results, and receive or do not.</summary>
    private void Check()
    {
        foreach ((string name, Task<string> pipe, Task<string> input) in _waiting)
        {
            if (pipe.IsCompleted && _settles)
                input.Wait(Deadline.Long, TestContext.Current.CancellationToken);
            string expected = pipe.IsCompleted ? pipe.Result : Outcome.Waits;
            string actual = input.IsCompleted ? input.Result : Outcome.Waits;
            Assert.True(expected == actual, $"{Story} {name}: {expected}; the input: {actual}");
        }

        foreach ((string name, Task<string> pipe, _) in _waiting.Where(wait => wait.Pipe.IsCompleted))
            _history.Add($"{name} gives {pipe.Result}");
        _waiting.RemoveAll(wait => wait.Pipe.IsCompleted);
        Assert.Equal(_ofPipe.ToArray(), _ofInput.ToArray());
        if (!_ended)
            Assert.True(_flush.IsCompleted != _input.IsPaused, $"{Story} The pipe is paused: {!_flush.IsCompleted}.");
    }
}
