using System.Diagnostics;
using System.Runtime.CompilerServices;
using Penstock.Buffers;
using Penstock.Drivers;

namespace Penstock.Connections;

/// <summary>
/// What is on its way to the peer: the bytes that are staged, and whether a send of them is outstanding. A mutable
/// struct that lives in its connection and is never copied.
/// </summary>
internal struct ConnectionOutput(Connection connection, ConnectionLoop loop)
{
    private const int MaxSegmentsPerSend = 64;

    /// <summary>Bytes staged, those of an outstanding send included.</summary>
    public SendQueue Staged = new(loop.Blocks);

    /// <summary>How often output is held; nothing is sent unless this is 0.</summary>
    public int Holds;

    /// <summary>The kernel took less than it was offered last.</summary>
    private bool _refused;

    private long _sentInTurn;

    /// <summary>A completion is still to come, and until then the front of <see cref="Staged"/> stays.</summary>
    public bool IsSending { get; private set; }

    /// <summary>When the outstanding send was begun.</summary>
    public long SendingSince { get; private set; }

    /// <summary>Bytes at the front that the outstanding send covers.</summary>
    public int BusyBytes { get; private set; }

    /// <summary>Payloads dropped for this peer.</summary>
    public long DroppedPayloads { get; private set; }

    /// <summary>
    /// Whether the kernel takes no more. A send that is merely outstanding does not say so: a driver that submits with
    /// its wait hears in the next turn, and only a later one means that the peer does not read.
    /// </summary>
    public readonly bool IsRefused => IsSending && (_refused || loop.Statistics.Turns - _sentInTurn > 1);

    private readonly ConnectionLimits Limits => connection.Scope.Limits;

    private readonly ConnectionDeadlines Deadlines => connection.Deadlines;

    /// <summary>Prepares for another connection.</summary>
    public void Begin()
    {
        Holds = 0;
        DroppedPayloads = 0;
        _refused = false;
    }

    /// <summary>The outstanding send completed.</summary>
    public void OnSent(int result)
    {
        // Before anything leaves the queue: what a handler wrote in this turn may have passed the mark.
        connection.Flow.Look();
        _refused = result < BusyBytes;
        if (Take(result))
            Flush();
    }

    /// <summary>Sends what is staged, until a send is outstanding or nothing is left.</summary>
    public void Flush()
    {
        while (!IsSending && Holds == 0 && connection.State < ConnectionState.Closing)
        {
            if (Staged.IsEmpty)
            {
                // A block that was asked for and not written to would stay with an idle connection.
                Staged.Clear();
                connection.FinishDraining();
                break;
            }

            if (!TrySend(out int result))
                break;
            if (!Take(result))
                return;
        }

        connection.Flow.AfterSend();
    }

    /// <summary>Drops payloads that nobody sends yet, oldest first, down to the high mark.</summary>
    public void DropOldest()
    {
        int dropped = Staged.DropOldest(connection.Flow.HighMark, BusyBytes);
        DroppedPayloads += dropped;
        loop.Statistics.DroppedPayloads += dropped;
    }

    /// <summary>The socket is closed: nothing reads the bytes any more.</summary>
    public void Clear()
    {
        IsSending = false;
        BusyBytes = 0;
        Staged.Clear();
    }

    /// <summary>
    /// Hands everything staged to the driver. True when it took some of it, or failed, at once; otherwise a completion
    /// will tell, and the peer has a time limit for it.
    /// </summary>
    private bool TrySend(out int result)
    {
        Debug.Assert(!IsSending && !Staged.IsEmpty, "one send at a time, and never an empty one");
        loop.Statistics.Sends++;

        // One block is the usual case, and the list for more is a kilobyte of stack.
        result = Staged.TryGetOnly(out SendSegment only)
            ? Send(new ReadOnlySpan<SendSegment>(in only))
            : SendMany();
        if (result != IoDriver.SendPending)
            return true;
        Deadlines.EnsureSend(Limits.WriteStall);
        return false;
    }

    /// <summary>A send ended with so many bytes taken, or failed. False when the connection is over.</summary>
    private bool Take(int result)
    {
        IsSending = false;
        BusyBytes = 0;
        if (result > 0)
        {
            Staged.Consume(result);
            loop.Statistics.SentBytes += result;
            Deadlines.CancelSend();
            if (connection.State == ConnectionState.Open)
                connection.Input.OnTaken();
        }

        if (connection.State >= ConnectionState.Closing)
            return false;
        if (result >= 0)
            return true;
        connection.Break(result);
        return false;
    }

    [SkipLocalsInit]
    private int SendMany()
    {
        Span<SendSegment> segments = stackalloc SendSegment[MaxSegmentsPerSend];
        segments = segments[..Staged.FillSegments(segments)];
        if (Limits.SlowConsumer == SlowConsumerPolicy.DropOldest)
            segments = First(segments, connection.Flow.HighMark / 2);
        return Send(segments);
    }

    /// <summary>
    /// Those from the front up to so many bytes, and at least one. What an outstanding send covers cannot be dropped:
    /// if it were everything, each newcomer would be the oldest that can.
    /// </summary>
    private static Span<SendSegment> First(Span<SendSegment> segments, int bytes)
    {
        int count = 1;
        for (int covered = segments[0].Length; count < segments.Length && covered < bytes; count++)
            covered += segments[count].Length;
        return segments[..count];
    }

    private int Send(ReadOnlySpan<SendSegment> segments)
    {
        int result = loop.Driver.Send(connection.Key, segments);
        if (result != IoDriver.SendPending)
        {
            _refused = false;
            return result;
        }

        _refused |= loop.Driver.SendsAtOnce;
        _sentInTurn = loop.Statistics.Turns;
        SendingSince = loop.Now;
        BusyBytes = SendSegment.TotalLength(segments);
        IsSending = true;
        return result;
    }
}
