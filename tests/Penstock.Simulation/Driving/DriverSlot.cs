using Penstock.Drivers;
using Penstock.Simulation.Network;

namespace Penstock.Simulation.Driving;

/// <summary>What a <see cref="SimulatedDriver"/> knows of one use of one slot.</summary>
internal sealed class DriverSlot(SlotKey key)
{
    /// <summary>More than the engine offers at once.</summary>
    private const int MaxSegments = 128;

    private readonly SendSegment[] _segments = new SendSegment[MaxSegments];
    private int _segmentCount;

    public SlotKey Key => key;

    public SimulatedListener? Listener { get; init; }

    public SimulatedConnection? Connection { get; init; }

    public bool IsReady { get; set; }

    public bool IsPaused { get; set; }

    /// <summary>When receiving was last resumed.</summary>
    public long ResumedAt { get; set; }

    /// <summary>The last receive of this slot was given out.</summary>
    public bool ReceiveEnded { get; set; }

    /// <summary>The loop was told, while receiving was paused, that the client has finished sending.</summary>
    public bool EndTold { get; set; }

    /// <summary>What may still arrive although receiving is paused.</summary>
    public int Overshoot { get; set; }

    /// <summary>Everything that was received and given to the loop.</summary>
    public long DeliveredBytes { get; set; }

    public bool IsConnecting { get; set; }

    public int ConnectResult { get; set; }

    /// <summary>When the attempt to connect ends.</summary>
    public long ConnectDue { get; set; }

    public bool IsSending => _segmentCount > 0;

    /// <summary>A send does not complete before.</summary>
    public long SendDue { get; set; }

    /// <summary>Everything that the network took.</summary>
    public long TakenBytes { get; set; }

    /// <summary>Since when the outstanding send, or those before it, got nowhere.</summary>
    public long SendStalledSince { get; set; }

    public bool IsClosing { get; set; }

    /// <summary>When <see cref="CompletionKind.Closed"/> may come.</summary>
    public long CloseDue { get; set; }

    public CloseMode CloseMode { get; set; }

    public ReadOnlySpan<SendSegment> Segments => _segments.AsSpan(0, _segmentCount);

    public void StartSend(ReadOnlySpan<SendSegment> segments)
    {
        InvariantException.Require(!IsSending, $"a second send on {key} while one is outstanding");
        InvariantException.Require(SendSegment.TotalLength(segments) > 0, $"an empty send on {key}");
        segments.CopyTo(_segments);
        _segmentCount = segments.Length;
    }

    public void EndSend() => _segmentCount = 0;
}
