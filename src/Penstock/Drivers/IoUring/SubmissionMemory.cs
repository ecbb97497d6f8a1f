using System.Net;
using System.Runtime.InteropServices;
using Penstock.Interop.Posix;

namespace Penstock.Drivers;

/// <summary>
/// What entries of the submission queue point to: message headers, lists of segments, addresses. The kernel has copied
/// it when it has taken the entry (IORING_FEAT_SUBMIT_STABLE), so all of it is free again after an enter that took
/// everything; no memory is held per operation in flight.
/// </summary>
internal sealed unsafe class SubmissionMemory(IoUringRing ring)
{
    /// <summary>The kernel takes no longer list (UIO_MAXIOV).</summary>
    public const int MaxSegments = 1024;

    private const int Size = 64 * 1024;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Size, pinned: true);
    private int _used;

    /// <summary>Frees everything, if the kernel has taken everything.</summary>
    public void ClearIfTaken()
    {
        if (ring.Submissions.Pending == 0)
            _used = 0;
    }

    /// <summary>
    /// A message with a copy of the list; false when there is no room for it now. May submit, so the entry for it must
    /// have room in its queue before.
    /// </summary>
    public bool TryAddMessage(ReadOnlySpan<SendSegment> segments, out nint message)
    {
        byte* place = Take(sizeof(MessageHeader) + segments.Length * sizeof(SendSegment));
        message = (nint)place;
        if (place is null)
            return false;

        byte* list = place + sizeof(MessageHeader);
        segments.CopyTo(new Span<SendSegment>(list, segments.Length));
        *(MessageHeader*)place = new() { Vectors = (IoVector*)list, VectorCount = (nuint)segments.Length };
        return true;
    }

    /// <summary>A copy of the address, likewise.</summary>
    public bool TryAddAddress(SocketAddress address, out nint copy)
    {
        byte* place = Take(address.Size);
        copy = (nint)place;
        if (place is null)
            return false;
        address.Buffer.Span[..address.Size].CopyTo(new Span<byte>(place, address.Size));
        return true;
    }

    private byte* Take(int length)
    {
        const int alignment = sizeof(ulong);
        int rounded = (length + alignment - 1) / alignment * alignment;
        if (_used + rounded > Size)
        {
            ring.Submit();
            ClearIfTaken();
        }

        if (_used + rounded > Size)
            return null;
        byte* place = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, _used);
        _used += rounded;
        return place;
    }
}
