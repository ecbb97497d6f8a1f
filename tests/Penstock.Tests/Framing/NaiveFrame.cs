using System.Buffers;

namespace Penstock.Tests.Framing;

/// <summary>What a naive parser says about the first frame of a stream.</summary>
internal readonly record struct NaiveFrame(OperationStatus Status, byte[] Payload, int Consumed)
{
    public static NaiveFrame Done(byte[] payload, int consumed) => new(OperationStatus.Done, payload, consumed);

    public static NaiveFrame None(OperationStatus status) => new(status, [], 0);
}
