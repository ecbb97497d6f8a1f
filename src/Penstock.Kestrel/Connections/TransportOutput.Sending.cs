namespace Penstock.Kestrel.Connections;

// The way of what was flushed: who sends it, and when.
internal sealed partial class TransportOutput
{
    /// <summary>From this size on, two system calls in a turn cost less than copying.</summary>
    private const int MinimumSendWithoutCopy = 8 * 1024;

    /// <summary>The most that is copied to the loop's blocks before the kernel has taken it.</summary>
    private const int MaxStagedBytes = 64 * 1024;

    /// <summary>When something was last sent; the peer has it, or never will, once that is long ago.</summary>
    private long _lastSend = Environment.TickCount64;

    /// <summary>Nothing was sent for a while. Any thread.</summary>
    public bool IsQuiet => Environment.TickCount64 - _lastSend >= _quietMilliseconds;

    /// <summary>
    /// The application is about to wait for its peer, so what waits for company has no more to wait for.
    /// </summary>
    public void OnReadWaits()
    {
        _gathers = _flushes > 1;
        _flushes = 0;
        SendDeferred();
    }

    /// <summary>Sends what waits for company, if something does.</summary>
    private void SendDeferred()
    {
        if (_route != SendRoute.Deferred)
            return;
        (bool Wake, bool Ended) next;
        lock (_gate)
        {
            if (_route != SendRoute.Deferred)
                return;
            _route = SendRoute.Idle;
            SendDirectly();
            next = WhatFollows();
        }

        GoOn(next);
    }

    /// <summary>
    /// The loop's turn: what was answered during a delivery, or what the kernel did not take from another thread. Loop
    /// thread only.
    /// </summary>
    public void SendOnLoop()
    {
        (bool Wake, bool Ended) next;
        lock (_gate)
        {
            StageOnLoop();
            next = WhatFollows();
        }

        GoOn(next);
    }

    /// <summary>The kernel has taken everything that was staged. Loop thread only.</summary>
    public void OnDrained()
    {
        lock (_gate)
            _staged = 0;
        SendOnLoop();
    }

    /// <summary>
    /// The connection is over: what is left is dropped, and nobody waits any longer. Loop thread only.
    /// </summary>
    public void OnClosed()
    {
        bool wake;
        lock (_gate)
        {
            _closed = true;
            _staged = 0;
            DropFlushed();
            wake = TakeWaiter();
        }

        if (wake)
            _wait.Wake();
    }

    void IThreadPoolWorkItem.Execute() => SendDeferred();

    /// <summary>Sends what is committed, on the way that keeps the order. Under the lock.</summary>
    private void Send()
    {
        if (_buffer.Length == 0)
            return;
        _flushes++;
        _lastSend = Environment.TickCount64;
        if (_connection.IsOnLoop)
        {
            // What is answered during one delivery is staged at its end, all at once.
            if (!_connection.IsDelivering)
                StageOnLoop();
        }
        else if (_route != SendRoute.Idle)
            return;
        else if ((_input.HasUnread || _gathers) && !_completed)
            Defer();
        else
            SendDirectly();
    }

    private void Defer()
    {
        _route = SendRoute.Deferred;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
    }

    private void SendDirectly()
    {
        TrySend();
        if (_buffer.Length == 0)
            return;
        _route = SendRoute.Loop;
        _connection.RequestSendOnLoop();
    }

    /// <summary>
    /// Hands what is committed to the connection, or, when it is much and nothing is before it, to the kernel at once.
    /// </summary>
    private void StageOnLoop()
    {
        if (_staged == 0 && _buffer.Length >= MinimumSendWithoutCopy)
            TrySend();
        long count = Math.Min(_buffer.Length, MaxStagedBytes - _staged);
        if (count > 0)
            Stage(count);
        _route = _staged == 0 ? SendRoute.Idle : SendRoute.Loop;
    }

    private void Stage(long count)
    {
        long left = count;
        foreach (ReadOnlyMemory<byte> segment in _buffer.Until(_flushedSegment, _flushedEnd))
        {
            int part = (int)Math.Min(segment.Length, left);
            _connection.Stage(segment.Span[..part]);
            left -= part;
            if (left == 0)
                break;
        }

        _staged += count;
        Consume(count);
    }

    private void TrySend()
    {
        while (_buffer.Length > 0)
        {
            int sent = _connection.Socket.TrySend(_buffer.Until(_flushedSegment, _flushedEnd));
            if (sent == 0)
                return;
            Consume(sent);
        }
    }

    private void Consume(long count) => _buffer.Consume(count, keepTail: _writing);

    private void DropFlushed()
    {
        _route = SendRoute.Idle;
        Consume(_buffer.Length);
    }

    /// <summary>What having sent something leads to. Under the lock; <see cref="GoOn"/> does it without.</summary>
    private (bool Wake, bool Ended) WhatFollows() => (TakeWaiter(), _completed && Unsent == 0);

    private void GoOn((bool Wake, bool Ended) next)
    {
        if (next.Wake)
            _wait.Wake();
        if (next.Ended)
            _connection.EndSending();
    }
}
