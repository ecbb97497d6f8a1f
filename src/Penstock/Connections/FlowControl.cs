using System.Diagnostics;

namespace Penstock.Connections;

/// <summary>
/// The one place that decides whether a connection is received from, and whether its handler should go on writing: the
/// marks, the policies, and the causes of a pause. A mutable struct that lives in its connection and is never copied.
/// </summary>
/// <remarks>
/// <para><see cref="Look"/> compares what waits for the peer with the high mark. It is asked after the handler was
/// shown something, after a payload was queued, and always before bytes leave the queue. Between two looks the queue
/// only grows, so no crossing is missed, whoever wrote: this connection's handler, another one's, or posted
/// work.</para>
/// <para>Every crossing makes the connection congested: the handler hears <see cref="ConnectionHandler.OnCongested"/>
/// once. At the low mark it is relieved: the handler hears <see cref="ConnectionHandler.OnDrained"/> once. A
/// connection that starts to close is neither any more. The policy decides what else a crossing means:</para>
/// <code>
/// Wait        receiving pauses until the low mark
/// DropOldest  payloads are dropped; receiving pauses when that does not come down to the mark
/// Disconnect  the connection is reset if the kernel takes no more; until that is tried, receiving pauses
/// Notify      nothing
/// </code>
/// </remarks>
internal struct FlowControl(Connection connection)
{
    private PauseCauses _paused;

    /// <summary>OnCongested was called last, and OnDrained is owed.</summary>
    public bool IsCongested { get; private set; }

    public readonly bool IsPaused => _paused != PauseCauses.None;

    /// <summary>Whether the handler should go on with what it was shown.</summary>
    public readonly bool WantsInput => connection.State == ConnectionState.Open && !IsPaused && HasRoom;

    /// <summary>Whether no more waits for the peer than may.</summary>
    public readonly bool HasRoom => connection.UnsentBytes <= HighMark;

    /// <summary>When memory is short, connections may hold less.</summary>
    public readonly int HighMark => Math.Min(Limits.SendHighMark, connection.OwnLoop.Memory.Mark);

    private readonly int LowMark => Math.Min(Limits.SendLowMark, connection.OwnLoop.Memory.Mark / 4);

    private readonly ConnectionLimits Limits => connection.Scope.Limits;

    /// <summary>Nothing is paused: for another connection, or for one that discards what arrives.</summary>
    public void Begin()
    {
        _paused = PauseCauses.None;
        IsCongested = false;
    }

    /// <summary>Looks whether more waits for the peer than the high mark allows.</summary>
    public void Look()
    {
        if (!HasRoom)
            PassHighMark();
    }

    /// <summary>The send queue may have become shorter, or a send is outstanding now.</summary>
    public void AfterSend()
    {
        if (!IsCongested || connection.State != ConnectionState.Open)
            return;
        if (connection.UnsentBytes <= LowMark)
            Relieve();

        // Only what the kernel was offered tells whether a peer is slow: a pause for what passed the mark before ends
        // with the send, and the next sign of the peer decides.
        else if (Limits.SlowConsumer == SlowConsumerPolicy.Disconnect && connection.Output.IsSending)
            Resume(PauseCauses.SendQueue);
    }

    /// <summary>
    /// The handler left something because there was no room. Whatever the policy: what is stored must not grow, and is
    /// shown when there is room.
    /// </summary>
    public void AwaitRoom()
    {
        if (!IsPaused)
            Pause(PauseCauses.SendQueue);
    }

    /// <summary>More of a message is stored than memory allows: it waits for the others, who hold less.</summary>
    public void AwaitMemory()
    {
        if (connection.State != ConnectionState.Open || IsPausedFor(PauseCauses.Memory))
            return;
        Pause(PauseCauses.Memory);
        connection.OwnLoop.AwaitMemory(connection);
    }

    public readonly bool IsPausedFor(PauseCauses cause) => (_paused & cause) != 0;

    public void Pause(PauseCauses cause)
    {
        if (connection.State != ConnectionState.Open)
            return;
        Debug.Assert(cause != PauseCauses.SendQueue || IsCongested, "only OnDrained ends this pause");
        _paused |= cause;
        connection.Input.OnPaused();
    }

    public void Resume(PauseCauses cause)
    {
        if (connection.State != ConnectionState.Open || (_paused & cause) == 0)
            return;
        _paused &= ~cause;
        if (!IsPaused)
            connection.Input.OnResumed();
    }

    private void PassHighMark()
    {
        if (connection.State == ConnectionState.Open && !IsCongested)
        {
            IsCongested = true;
            connection.Scope.Handler.Congested(connection);
        }

        if (connection.State == ConnectionState.Open)
            ApplyPolicy();
    }

    private void ApplyPolicy()
    {
        switch (Limits.SlowConsumer)
        {
            case SlowConsumerPolicy.Wait:
                Pause(PauseCauses.SendQueue);
                break;
            case SlowConsumerPolicy.DropOldest:
                connection.Output.DropOldest();
                if (!HasRoom)
                    Pause(PauseCauses.SendQueue);
                break;
            case SlowConsumerPolicy.Disconnect when connection.Output.IsRefused:
                connection.DisconnectSlowConsumer();
                break;
            case SlowConsumerPolicy.Disconnect:
                Pause(PauseCauses.SendQueue);
                break;
            case SlowConsumerPolicy.Notify:
                break;
            default:
                throw new UnreachableException($"There is no policy {Limits.SlowConsumer}.");
        }
    }

    private void Relieve()
    {
        IsCongested = false;
        Resume(PauseCauses.SendQueue);
        connection.Scope.Handler.Drained(connection);

        // What it wrote counts at once: a producer that filled the queue again is not received from meanwhile.
        Look();
    }
}
