namespace Penstock.Polling;

/// <summary>
/// What <see cref="KqueueRegistrations"/> knows about one descriptor, and what the kernel was told of it.
/// </summary>
internal struct KqueueRegistration
{
    internal ulong Key;
    internal Interest Interest;
    internal Trigger Trigger;
    internal RegistrationState State;

    /// <summary>The kernel's two filters for this descriptor.</summary>
    internal KqueueFilterState Read;
    internal KqueueFilterState Write;

    /// <summary>On the list of those that the kernel must be told of.</summary>
    internal bool ChangeQueued;

    /// <summary>
    /// Key or trigger are others now, or an edge must be looked at anew: toggling the filters is not enough.
    /// </summary>
    internal bool MustReplace;

    /// <summary>The wait in which an event was reported, for triggers that report once.</summary>
    internal long ReportedIn;

    internal readonly bool IsReportedOnce => Trigger is Trigger.OneShot or Trigger.Dispatch;
}
