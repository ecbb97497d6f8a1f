using System.Net.Sockets;

namespace Penstock.Drivers.Tests.Contract;

/// <summary>One connection of a <see cref="RandomizedModel"/>: both ends, and what went in at each of them.</summary>
internal sealed class ModelConnection
{
    private const int MaxSent = 200_000;

    private readonly DriverHarness _harness;
    private readonly Random _random;
    private readonly SlotJournal _slot;
    private readonly Peer _peer;
    private readonly ByteLog _sentByPeer = new();
    private readonly ByteLog _sentByDriver = new();
    private bool _peerFinished;
    private bool _peerReset;
    private bool _driverFinished;

    public ModelConnection(DriverHarness harness, Random random)
    {
        _harness = harness;
        _random = random;
        bool small = random.Next(2) == 0;
        (_slot, _peer) = harness.Open(small ? 4_096 : 100_000, small ? 4_096 : 0);
    }

    private bool PeerCanSend => !_peerFinished && !_peerReset && _sentByPeer.Length < MaxSent;

    public void PeerSends()
    {
        if (!PeerCanSend)
            return;
        byte[] bytes = Bytes(10_000);
        _sentByPeer.Append(bytes.AsSpan(0, _peer.TrySend(bytes)));
    }

    public void PeerReads()
    {
        if (!_peerReset)
            _peer.Drain(_random.Next(1, 20_000));
    }

    public void Sends()
    {
        if (_driverFinished || _slot.Outgoing.Left > 0 || _slot.IsSending || _slot.Outgoing.Error < 0)
            return;
        byte[] bytes = Bytes(20_000);
        _sentByDriver.Append(bytes);
        DriverHarness.BeginSend(_slot, bytes, segmentLength: _random.Next(1, 5_000), maxSegments: _random.Next(1, 65));
    }

    public void Pauses() => _harness.Pause(_slot);

    public void Resumes() => _harness.Resume(_slot);

    /// <summary>One direction ends, or now and then both at once.</summary>
    public void EndsSomehow()
    {
        int way = _random.Next(8);
        if (way == 0 && !_peerReset)
        {
            _peer.Reset();
            _peerReset = true;
        }
        else if (way < 4 && !_peerReset && !_peerFinished)
        {
            _peer.Finish();
            _peerFinished = true;
        }
        else if (way < 6 && !_driverFinished && _slot.Outgoing.Left == 0 && !_slot.IsSending)
        {
            _harness.Driver.ShutdownSend(_slot.Key);
            _driverFinished = true;
        }
    }

    /// <summary>
    /// Closes now, with whatever is outstanding; now and then, as most connections should live for a
    /// while.
    /// </summary>
    public bool Closes()
    {
        if (_random.Next(6) != 0)
            return false;
        _harness.CloseFully(_slot, _random.Next(2) == 0 ? CloseMode.Graceful : CloseMode.Reset);
        _harness.Driver.ResumeReceive(_slot.Key);
        CheckArrived();
        if (!_peerReset)
            Payload.AssertPrefix(_sentByDriver.Span, _peer.Drain().Received.Span);
        _peer.Dispose();
        return true;
    }

    /// <summary>Lets all that is under way arrive: nothing may be missing on a connection that nobody broke.</summary>
    public void FinishBothWays()
    {
        _harness.Resume(_slot);
        if (_peerReset)
        {
            _harness.Until(() => _slot.ReceiveEnd is not null);
            return;
        }

        if (!_peerFinished)
            _peer.Finish();
        _peerFinished = true;
        _harness.Until(() => _slot.IsFinished);
        _harness.UntilSeen(() => _peer.Drain().Received.Length == _sentByDriver.Length && !_slot.IsSending);
        Payload.AssertEqual(_sentByPeer.Span, _slot.Received.Span);
        Payload.AssertEqual(_sentByDriver.Span, _peer.Received.Span);
        Assert.Equal(SocketError.Success, _peer.Error);
    }

    public void CloseAndCheck()
    {
        CheckArrived();
        _harness.CloseFully(_slot);
        if (_peerReset)
            return;
        _harness.UntilSeen(() => _peer.Drain().IsFinished);
        Assert.Equal(_sentByDriver.Length, _peer.Received.Length);
    }

    private void CheckArrived()
    {
        Payload.AssertPrefix(_sentByPeer.Span, _slot.Received.Span);
        // Linux tells a socket's error once. When it was a send that was told, a receive sees an end.
        bool endHidesReset = _peerReset && _slot.Outgoing.Error < 0;
        if (_slot.IsFinished && !endHidesReset)
            Assert.True(_peerFinished && _slot.Received.Length == _sentByPeer.Length, "the end came too early");
        if (_slot.IsBroken)
            Assert.True(_peerReset, $"broke with {_slot.ReceiveEnd} and nobody broke it");
        if (_slot.Outgoing.Error < 0)
            Assert.True(_peerReset, $"a send failed with {_slot.Outgoing.Error} and nobody broke it");
    }

    private byte[] Bytes(int limit) => Payload.Create(_random.Next(1, limit), seed: _random.Next());
}
