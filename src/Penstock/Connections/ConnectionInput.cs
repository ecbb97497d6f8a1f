using Penstock.Buffers;

namespace Penstock.Connections;

/// <summary>
/// What comes from the peer: the tail that the handler has not consumed, and what the handler has yet to be shown. A
/// mutable struct that lives in its connection and is never copied.
/// </summary>
internal struct ConnectionInput(Connection connection, ConnectionLoop loop)
{
    private InboundBuffer _stored = new(loop.Memory);

    /// <summary>The stored tail is to be shown to the handler again although nothing new arrived.</summary>
    private bool _redeliver;

    /// <summary>The driver was told to pause; it stays so until what is stored has been shown.</summary>
    private bool _receiveStopped;

    private bool _toldPeerFinished;
    private bool _anyMessage;

    /// <summary>The peer sent FIN.</summary>
    public bool PeerFinished { get; private set; }

    /// <summary>The peer sent FIN; what it sent before may still be in the kernel.</summary>
    public bool IsEndNoted { get; private set; }

    /// <summary>The handler has yet to be shown what it had left: the peer is not silent.</summary>
    public readonly bool IsToBeShown => _redeliver;

    /// <summary>The deadline that runs is the one for the first message.</summary>
    public readonly bool AwaitsFirstMessage => !_anyMessage && connection.Scope.Limits.FirstMessage.Expires;

    /// <summary>Prepares for another connection.</summary>
    public void Begin()
    {
        _redeliver = _receiveStopped = _toldPeerFinished = _anyMessage = PeerFinished = IsEndNoted = false;
    }

    /// <summary>The connection is over: nobody will see the rest.</summary>
    public void Clear() => _stored.Clear();

    /// <summary>Memory that the stored tail takes.</summary>
    public readonly int StoredBytes => _stored.Capacity;

    /// <summary>When the first of what is stored came, or the handler consumed something of it last.</summary>
    public long StoredSince { get; private set; }

    private readonly bool IsPaused => connection.Flow.IsPaused;

    /// <summary>
    /// The handler left more than a message may have. What it is to be shown again, it may take then.
    /// </summary>
    private readonly bool IsTooLong => _stored.Length > connection.Scope.Limits.MaxUnconsumedBytes && !_redeliver;

    /// <summary>Starts the time that the peer has for its next message.</summary>
    public readonly void StartDeadline() => connection.Deadlines.StartReceive(
        AwaitsFirstMessage ? connection.Scope.Limits.FirstMessage : connection.Scope.Limits.Idle);

    /// <summary>
    /// Shows the handler what arrived: where the driver put it, or behind the stored tail if there is one.
    /// </summary>
    public void Deliver(ReadOnlySpan<byte> data)
    {
        loop.Statistics.ReceivedBytes += data.Length;
        if (!_stored.IsEmpty || IsPaused)
        {
            Store(data);
            if (!IsPaused)
                DeliverStored();
            return;
        }

        int consumed = connection.Scope.Handler.Received(connection, data);
        if (consumed < data.Length && connection.State == ConnectionState.Open)
            Store(data[consumed..]);
        AfterDelivery(consumed);
    }

    /// <summary>Shows again, at the end of a turn, what a resumed handler had left.</summary>
    /// <returns>Whether the handler may have been shown something.</returns>
    public bool Redeliver()
    {
        if (!_redeliver)
            return false;

        // Also when it was paused again meanwhile: whoever resumes it looks for what is left, and if nothing is, a mark
        // that stayed would keep the end of the peer from the handler.
        _redeliver = false;
        if (IsPaused)
            return false;
        DeliverStored();
        if (!IsPaused && !_redeliver)
            ReceiveAgain();
        return true;
    }

    /// <summary>The peer sent FIN. The handler is told once, and behind everything that arrived before.</summary>
    public void Finish()
    {
        PeerFinished = IsEndNoted = true;
        TellPeerFinished();
    }

    /// <summary>FIN is there, behind bytes that wait until receiving is resumed.</summary>
    public void NoteEnd() => IsEndNoted = true;

    /// <summary>Receiving is paused.</summary>
    public void OnPaused()
    {
        if (_receiveStopped)
            return;
        _receiveStopped = true;
        loop.Driver.PauseReceive(connection.Key);
        loop.Statistics.ReceivePauses++;
    }

    /// <summary>No cause to pause is left.</summary>
    public void OnResumed()
    {
        // While it was paused the peer waited for us; its own time begins now.
        StartDeadline();

        // What is stored goes first. Received from at once, a connection that is paused again after every request
        // would store more in each round than it handles. Whether anything is stored is not known yet when the handler
        // is in the middle of what it was shown, and may leave some of it.
        RedeliverLater();
    }

    /// <summary>
    /// The peer took bytes: it is not idle. They do not stand for its first message, which it owes whatever it is sent.
    /// </summary>
    public readonly void OnTaken()
    {
        if (!AwaitsFirstMessage)
            StartDeadline();
    }

    /// <summary>
    /// From here on what arrives is discarded, but it is received: a peer that is stuck sending to us would never read
    /// our last replies.
    /// </summary>
    public void Discard() => ReceiveAgain();

    private void Store(ReadOnlySpan<byte> data)
    {
        if (_stored.IsEmpty)
            StoredSince = loop.Now;
        _stored.Append(data);
    }

    private void DeliverStored()
    {
        if (connection.State != ConnectionState.Open)
            return;
        if (!_stored.IsEmpty)
        {
            int consumed = connection.Scope.Handler.Received(connection, _stored.Unread);
            _stored.Consume(consumed);
            if (consumed > 0)
                StoredSince = loop.Now;
            AfterDelivery(consumed);
        }

        TellPeerFinished();
    }

    private void AfterDelivery(int consumed)
    {
        if (connection.State != ConnectionState.Open)
            return;
        if (consumed > 0)
        {
            _anyMessage = true;
            StartDeadline();
        }

        bool stoppedForRoom = !connection.WantsInput && !_stored.IsEmpty;
        connection.Flow.Look();
        if (stoppedForRoom && connection.WantsInput)
            RedeliverLater();
        else if (stoppedForRoom)
            connection.Flow.AwaitRoom();
        else if (IsTooLong && connection.WantsInput)
            connection.Drain(CloseReason.MessageTooLarge);
        if (_stored.Capacity > loop.Memory.Mark)
            connection.Flow.AwaitMemory();
    }

    private void TellPeerFinished()
    {
        if (!PeerFinished || _toldPeerFinished || _redeliver || IsPaused || connection.State != ConnectionState.Open)
            return;
        _toldPeerFinished = true;
        connection.Scope.Handler.PeerFinished(connection);
    }

    /// <summary>Not here and now: the handler may be in the middle of what it was shown last.</summary>
    private void RedeliverLater()
    {
        _redeliver = true;
        connection.MarkDirty();
    }

    private void ReceiveAgain()
    {
        if (!_receiveStopped || connection.State >= ConnectionState.Closing)
            return;
        _receiveStopped = false;
        loop.Driver.ResumeReceive(connection.Key);
    }
}
