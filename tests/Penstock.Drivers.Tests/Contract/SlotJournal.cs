using Penstock.Net;

namespace Penstock.Drivers.Tests.Contract;

/// <summary>
/// What a test asked of one slot and what came back. It checks the clauses of the contract that hold at any time, so
/// that every test checks them all.
/// </summary>
internal sealed class SlotJournal(SlotKey key, SocketHandle socket, int pauseOvershoot)
{
    private int _offered = -1;

    public SlotKey Key => key;

    public SocketHandle Socket => socket;

    public ByteLog Received { get; } = new();

    /// <summary>Receives, the last one included.</summary>
    public int Receives { get; private set; }

    /// <summary>Accepted connections that nobody took over yet.</summary>
    public Queue<SocketHandle> Accepted { get; } = [];

    /// <summary>What <see cref="CompletionKind.Sent"/> said, in order.</summary>
    public List<int> Sent { get; } = [];

    public int? Connected { get; private set; }

    /// <summary>0 after the peer finished sending, <c>-errno</c> after the socket broke.</summary>
    public int? ReceiveEnd { get; private set; }

    public bool IsFinished => ReceiveEnd == 0;

    public bool IsBroken => ReceiveEnd < 0;

    /// <summary>The end of the peer's stream was announced, while receiving was paused.</summary>
    public bool IsFinishAnnounced { get; private set; }

    public bool IsPaused { get; private set; }

    /// <summary>What still arrived after the latest pause.</summary>
    public int ReceivedWhilePaused { get; private set; }

    public bool IsSending => _offered >= 0;

    public bool IsClosing { get; private set; }

    public bool IsClosed { get; private set; }

    /// <summary>What is sent turn by turn until it is all taken or the socket breaks.</summary>
    public Outgoing Outgoing { get; } = new();

    public void OnSend(int offered)
    {
        Assert.False(IsSending, "a test has two sends outstanding");
        _offered = offered;
    }

    public void OnPause()
    {
        if (!IsPaused)
            ReceivedWhilePaused = 0;
        IsPaused = true;
    }

    public void OnResume() => IsPaused = false;

    public void OnClose() => IsClosing = true;

    public void Record(in Completion completion)
    {
        Assert.False(IsClosed, $"{completion.Kind} after Closed for {key}");
        switch (completion.Kind)
        {
            case CompletionKind.Received:
                RecordReceived(completion.Result, completion.Data);
                break;
            case CompletionKind.PeerFinished:
                Assert.False(IsFinishAnnounced, "PeerFinished twice");
                Assert.Null(ReceiveEnd);
                IsFinishAnnounced = true;
                break;
            case CompletionKind.Sent:
                RecordSent(completion.Result);
                break;
            case CompletionKind.Connected:
                Assert.Null(Connected);
                Connected = completion.Result;
                break;
            case CompletionKind.Accepted:
                Assert.True(completion.Result >= 0, Errno.Describe(completion.Result));
                Accepted.Enqueue(completion.Socket);
                break;
            case CompletionKind.Closed:
                Assert.True(IsClosing, $"{key} closed unasked");
                IsClosed = true;
                break;
        }
    }

    private void RecordReceived(int result, ReadOnlySpan<byte> data)
    {
        Assert.Null(ReceiveEnd);
        Assert.Equal(Math.Max(result, 0), data.Length);
        Receives++;
        Received.Append(data);
        if (result <= 0)
            ReceiveEnd = result;
        if (!IsPaused)
            return;
        ReceivedWhilePaused += data.Length;
        Assert.True(ReceivedWhilePaused <= pauseOvershoot, $"{ReceivedWhilePaused} bytes after a pause");
    }

    private void RecordSent(int result)
    {
        Assert.True(IsSending, "Sent without a send");
        Assert.True(result <= _offered, $"{result} sent of {_offered}");
        _offered = -1;
        Sent.Add(result);
        Outgoing.OnSent(result);
    }
}
