using Penstock.Drivers;
using Penstock.Interop.Posix;
using Penstock.Net;

namespace Penstock.Simulation.Chaos;

/// <summary>Real socket calls that now and then answer as kernels do on bad days.</summary>
/// <remarks>
/// Under an edge trigger bytes are left alone: epoll(7) lets a program take EAGAIN, or fewer bytes than it asked for,
/// to mean that a buffer is empty or full and that an edge will follow, and no kernel says so of one that is not.
/// </remarks>
internal sealed unsafe class ChaosSocketCalls(SeededGenerator chance, double rate, bool breaks, bool mayCut)
    : SocketCalls
{
    /// <summary>Answers that were not the kernel's.</summary>
    public long Disturbances { get; private set; }

    public override int Accept(int listener)
    {
        if (breaks && Strikes())
            return -chance.Pick(Errno.ECONNABORTED, Errno.EPROTO, Errno.EPERM, Errno.ENETDOWN);
        return base.Accept(listener);
    }

    public override int Receive(int descriptor, byte* buffer, int length)
    {
        if (breaks && BreaksNow())
            return -chance.Pick(Errno.ECONNRESET, Errno.ETIMEDOUT, Errno.ENOBUFS);
        if (!mayCut || !Strikes())
            return base.Receive(descriptor, buffer, length);
        return chance.Chance(0.3) ? -Errno.EAGAIN : base.Receive(descriptor, buffer, chance.Between(1, length));
    }

    public override int Send(int descriptor, byte* buffer, int length)
    {
        if (breaks && BreaksNow())
            return -chance.Pick(Errno.EPIPE, Errno.ECONNRESET, Errno.ENOBUFS);
        if (!mayCut || !Strikes())
            return base.Send(descriptor, buffer, length);
        return chance.Chance(0.3) ? -Errno.EAGAIN : base.Send(descriptor, buffer, chance.Between(1, length));
    }

    public override int SendMessage(int descriptor, IoVector* vectors, int count)
    {
        if (breaks && BreaksNow())
            return -chance.Pick(Errno.EPIPE, Errno.ECONNRESET);
        if (!mayCut || !Strikes())
            return base.SendMessage(descriptor, vectors, count);
        return chance.Chance(0.3) ? -Errno.EAGAIN : base.SendMessage(descriptor, vectors, chance.Between(1, count));
    }

    private bool BreaksNow() => chance.Chance(0.05) && Strikes();

    private bool Strikes()
    {
        bool strikes = chance.Chance(rate);
        Disturbances += strikes ? 1 : 0;
        return strikes;
    }
}
