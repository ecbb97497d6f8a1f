namespace Penstock.Drivers;

/// <summary>A loop could not be given the mechanism that it was to run on.</summary>
/// <param name="mechanism">Which one.</param>
/// <param name="reason">Why, as a sentence.</param>
/// <param name="cause">What the system said.</param>
internal sealed class MechanismRefusedException(IoMechanism mechanism, string reason, Exception cause)
    : NotSupportedException($"{MechanismNames.Of(mechanism)} cannot be used: {reason}", cause)
{
    public MechanismReport Report => new(mechanism, reason);
}
