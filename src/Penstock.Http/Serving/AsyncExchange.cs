namespace Penstock.Http.Serving;

/// <summary>
/// What an asynchronous handler waits for: a piece of the body, or room in the send queue. Continuations go through the
/// loop's synchronization context, so a handler resumes on its loop.
/// </summary>
internal sealed class AsyncExchange(HttpExchange exchange)
{
    private readonly LoopWait _read = new();
    private readonly LoopWait _flush = new();
    private Memory<byte> _buffer;

    /// <summary>Whether a handler has been started and has not returned.</summary>
    public bool IsRunning { get; private set; }

    public void Start(Func<HttpExchange, ValueTask> handler)
    {
        IsRunning = true;
        ValueTask task;
        try
        {
            task = handler(exchange);
        }
        catch
        {
            IsRunning = false;
            throw;
        }

        _ = RunAsync(task);
    }

    public ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        ThrowIfUnusable(_read);
        if (buffer.IsEmpty)
            throw new ArgumentException("A read needs room for at least one byte.", nameof(buffer));
        if (exchange.ReadFailure is { } failure)
            return ValueTask.FromException<int>(new IncompleteBodyException(failure));
        if (exchange.HasBodyEnded)
            return ValueTask.FromResult(0);
        _buffer = buffer;
        ValueTask<int> task = _read.Begin();
        exchange.ResumeBody();
        return task;
    }

    public ValueTask FlushAsync()
    {
        ThrowIfUnusable(_flush);
        if (exchange.IsDetached)
            throw Gone();
        return exchange.HasRoom ? ValueTask.CompletedTask : _flush.BeginVoid();
    }

    /// <summary>Gives a waiting reader what fits its buffer; returns how much that was.</summary>
    public int Offer(ReadOnlySpan<byte> piece)
    {
        int taken = 0;
        while (_read.IsPending && taken < piece.Length)
        {
            int count = Math.Min(_buffer.Length, piece.Length - taken);
            piece.Slice(taken, count).CopyTo(_buffer.Span);
            taken += count;
            _read.End(count);
        }

        return taken;
    }

    /// <summary>A reader that waits learns that nothing more comes, or why.</summary>
    public void EndRead()
    {
        FailRead();
        _read.End(0);
    }

    public void EndFlush() => _flush.End(0);

    /// <summary>A reader that waits learns why nothing more comes.</summary>
    public void FailRead()
    {
        if (_read.IsPending && exchange.ReadFailure is { } failure)
            _read.Fail(new IncompleteBodyException(failure));
    }

    /// <summary>The connection ended: whoever waits for it learns that.</summary>
    public void Abort()
    {
        FailRead();
        _flush.Fail(Gone());
    }

    public void Reset() => _buffer = default;

    private async Task RunAsync(ValueTask task)
    {
        Exception? failure = null;
        try
        {
            await task;
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        IsRunning = false;
        exchange.OnHandlerEnded(failure);
    }

    private void ThrowIfUnusable(LoopWait wait)
    {
        if (!IsRunning)
            throw new InvalidOperationException("Only a handler that was mapped as an asynchronous function can wait.");
        if (wait.IsPending)
            throw new InvalidOperationException("One wait at a time.");
    }

    private static IOException Gone() => new("The client's connection ended.");
}
