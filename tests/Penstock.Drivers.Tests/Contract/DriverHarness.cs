using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Penstock.Net;
using Penstock.Timing;

namespace Penstock.Drivers.Tests.Contract;

/// <summary>
/// A loop around a driver as small as can be: it waits, pulls, and lets a <see cref="SlotJournal"/> check each
/// completion. It never sleeps, and it gives up after <see cref="Patience"/>.
/// </summary>
internal sealed class DriverHarness : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    private readonly DriverFixture _fixture;
    private readonly Dictionary<SlotKey, SlotJournal> _slots = [];
    private readonly Stack<int> _freeIndexes = [];
    private readonly List<IDisposable> _owned = [];
    private readonly Socket _pairs = Listening();
    private uint _generation;
    private bool _isDisposed;

    public DriverHarness(DriverFixture fixture, DriverLimits limits)
    {
        _fixture = fixture;
        Driver = fixture.Create(limits);
        for (int i = limits.Slots - 1; i >= 0; i--)
            _freeIndexes.Push(i);
    }

    public IoDriver Driver { get; }

    /// <summary>Every completion, in order.</summary>
    public List<(CompletionKind Kind, SlotKey Slot)> Log { get; } = [];

    public static Socket Listening(EndPoint? endPoint = null, int backlog = 4_096)
    {
        endPoint ??= new IPEndPoint(IPAddress.Loopback, 0);
        bool isUnix = endPoint is UnixDomainSocketEndPoint;
        var socket = new Socket(
            endPoint.AddressFamily, SocketType.Stream, isUnix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        socket.Bind(endPoint);
        socket.Listen(backlog);
        return socket;
    }

    /// <summary>One turn: sends what waits, waits for at most so long, and pulls up to
    /// <paramref name="budget"/>.</summary>
    public void Turn(TimeSpan atMost = default, int budget = int.MaxValue)
    {
        int before = Log.Count;
        SendWhatWaits();

        // What was sent at once may be what the test waits for, and then nothing else may ever come.
        if (Log.Count > before)
            atMost = default;
        Driver.Wait(LoopClock.System.Now + LoopClock.System.ToTimestamps(atMost));
        while (budget-- > 0 && Driver.TryNext(out Completion completion))
            Record(in completion);
    }

    /// <summary>Turns, sleeping in the driver, until completions made this true.</summary>
    public void Until(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TurnUntil(condition, Patience, what);

    /// <summary>
    /// As <see cref="Until"/>, pulling one completion a turn: it stops right behind the one that mattered.
    /// </summary>
    public void UntilOneByOne(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TurnUntil(condition, Patience, what, budget: 1);

    /// <summary>As <see cref="Until"/>, for what no completion announces: it looks again every moment.</summary>
    public void UntilSeen(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TurnUntil(condition, Moment, what);

    /// <summary>Pulls until this is true without a wait in between, as long as there is something to pull.</summary>
    public void PullUntil(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        while (!condition() && Driver.TryNext(out Completion completion))
            Record(in completion);
        Until(condition, what);
    }

    /// <summary>Turns often enough for everything that is under way to arrive.</summary>
    public void Settle()
    {
        for (int i = 0; i < 20; i++)
            Turn();
    }

    public (SlotJournal Slot, Peer Peer) Open(int sendBufferBytes = 0, int peerReceiveBufferBytes = 0)
    {
        (SocketHandle near, Peer peer) = Pair(sendBufferBytes, peerReceiveBufferBytes);
        return (Attach(near), peer);
    }

    /// <summary>A connected pair that the driver does not know yet.</summary>
    public (SocketHandle Near, Peer Peer) Pair(int sendBufferBytes = 0, int peerReceiveBufferBytes = 0)
    {
        // Accepted sockets inherit the size.
        if (sendBufferBytes > 0)
            _pairs.SendBufferSize = sendBufferBytes;
        Peer peer = Own(Peer.Connect(_pairs.LocalEndPoint!, peerReceiveBufferBytes));
        return (_fixture.AcceptOn(_pairs), peer);
    }

    public SlotJournal Attach(SocketHandle socket)
    {
        SlotJournal slot = Add(socket);
        Driver.Attach(slot.Key, socket);
        return slot;
    }

    public SlotJournal Listen(Socket listener)
    {
        SlotJournal slot = Add(_fixture.HandOver(listener));
        Driver.Listen(slot.Key, slot.Socket);
        return slot;
    }

    public SlotJournal Connect(EndPoint remote)
    {
        ProtocolType protocol = remote is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp;
        var socket = new Socket(remote.AddressFamily, SocketType.Stream, protocol);
        SlotJournal slot = Add(_fixture.HandOver(socket));
        Driver.Connect(slot.Key, slot.Socket, remote.Serialize());
        return slot;
    }

    public void Pause(SlotJournal slot)
    {
        slot.OnPause();
        Driver.PauseReceive(slot.Key);
    }

    public void Resume(SlotJournal slot)
    {
        slot.OnResume();
        Driver.ResumeReceive(slot.Key);
    }

    /// <summary>One send, of which <see cref="SlotJournal.Sent"/> will tell.</summary>
    public void SendOnce(SlotJournal slot, params ReadOnlySpan<SendSegment> segments)
    {
        slot.OnSend(SendSegment.TotalLength(segments));
        int result = Driver.Send(slot.Key, segments);
        if (result == IoDriver.SendPending)
            return;
        var sent = Completion.Of(CompletionKind.Sent, slot.Key, result);
        Record(in sent);
    }

    /// <summary>Sends all of it over as many turns as it takes.</summary>
    public static void BeginSend(SlotJournal slot, byte[] pinned, int segmentLength = 65_536, int maxSegments = 16) =>
        slot.Outgoing.Begin(pinned, segmentLength, maxSegments);

    public void Close(SlotJournal slot, CloseMode mode = CloseMode.Graceful)
    {
        slot.OnClose();
        Driver.Close(slot.Key, mode);
    }

    public void CloseFully(SlotJournal slot, CloseMode mode = CloseMode.Graceful)
    {
        Close(slot, mode);
        Until(() => slot.IsClosed);
    }

    /// <summary>Disposes it together with the harness.</summary>
    public T Own<T>(T disposable)
        where T : IDisposable
    {
        _owned.Add(disposable);
        return disposable;
    }

    /// <summary>Nothing completes any more and, in a driver that can sleep, a wait lasts until its deadline.</summary>
    public void AssertQuiet()
    {
        Settle();
        int before = Log.Count;
        int waits = 0;
        long deadline = LoopClock.System.Now + LoopClock.System.ToTimestamps(TimeSpan.FromMilliseconds(10));
        for (; LoopClock.System.Now < deadline; waits++)
        {
            Driver.Wait(deadline);
            while (Driver.TryNext(out Completion completion))
                Record(in completion);
        }

        Assert.Equal(before, Log.Count);
        // The runtime interrupts threads with signals now and then; a driver that spins returns thousands of times.
        Assert.True(!_fixture.Sleeps || waits < 10, $"{waits} waits while nothing happened");
    }

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        Driver.Dispose();
        foreach (SocketHandle accepted in _slots.Values.SelectMany(slot => slot.Accepted))
            accepted.Close();
        foreach (IDisposable owned in _owned)
            owned.Dispose();
        _pairs.Dispose();
    }

    private void TurnUntil(Func<bool> condition, TimeSpan atMost, string what, int budget = int.MaxValue)
    {
        long deadline = LoopClock.System.Now + LoopClock.System.ToTimestamps(Patience);
        while (!condition())
        {
            Assert.True(LoopClock.System.Now < deadline, $"{Driver.Description}: never came true: {what}");
            Turn(atMost, budget);
        }
    }

    private SlotJournal Add(SocketHandle socket)
    {
        var slot = new SlotJournal(new SlotKey(_freeIndexes.Pop(), ++_generation), socket, Driver.PauseOvershootBytes);
        _slots.Add(slot.Key, slot);
        return slot;
    }

    private void Record(in Completion completion)
    {
        Assert.True(_slots.TryGetValue(completion.Slot, out SlotJournal? slot), $"unknown slot {completion.Slot}");
        Log.Add((completion.Kind, completion.Slot));
        slot.Record(in completion);
        if (completion.Kind == CompletionKind.Closed)
            _freeIndexes.Push(completion.Slot.Index);
    }

    private void SendWhatWaits()
    {
        foreach (SlotJournal slot in _slots.Values)
        {
            if (!slot.IsSending && !slot.IsClosing && slot.Outgoing.Left > 0)
                SendOnce(slot, slot.Outgoing.NextSegments());
        }
    }
}
