/** A unit of systemd, read as systemd reads it: what it does not know it passes over in silence. */

/** The directives of a section, in order: some may come more than once. */
export interface Directive {
  readonly section: string;
  readonly name: string;
  readonly value: string;
}

/**
 * What a service may say, out of systemd.unit(5), systemd.service(5), systemd.exec(5) and
 * systemd.kill(5): what a server behind a proxy has a use for. A name that is missing here is
 * looked up there, and added.
 */
const KNOWN: Readonly<Record<string, string>> = {
  Unit: `Description Documentation Wants Requires Requisite BindsTo PartOf Conflicts Before After
    OnFailure StartLimitIntervalSec StartLimitBurst RequiresMountsFor ConditionPathExists
    AssertPathExists`,
  Service: `Type ExecStart ExecStartPre ExecStartPost ExecReload ExecStop ExecStopPost ExecCondition
    RestartSec Restart RestartPreventExitStatus RestartForceExitStatus SuccessExitStatus
    TimeoutStartSec TimeoutStopSec TimeoutSec WatchdogSec RuntimeMaxSec NotifyAccess
    User Group DynamicUser SupplementaryGroups WorkingDirectory RootDirectory UMask Nice
    Environment EnvironmentFile PassEnvironment UnsetEnvironment
    LoadCredential LoadCredentialEncrypted SetCredential
    StateDirectory StateDirectoryMode CacheDirectory RuntimeDirectory LogsDirectory
    ConfigurationDirectory StandardInput StandardOutput StandardError SyslogIdentifier
    NoNewPrivileges CapabilityBoundingSet AmbientCapabilities SecureBits
    ProtectSystem ProtectHome ProtectProc ProcSubset ProtectHostname ProtectClock
    ProtectKernelTunables ProtectKernelModules ProtectKernelLogs ProtectControlGroups
    PrivateTmp PrivateDevices PrivateNetwork PrivateUsers PrivateIPC RemoveIPC
    ReadWritePaths ReadOnlyPaths InaccessiblePaths ExecPaths NoExecPaths
    RestrictAddressFamilies RestrictNamespaces RestrictRealtime RestrictSUIDSGID
    RestrictFileSystems LockPersonality MemoryDenyWriteExecute SystemCallFilter
    SystemCallErrorNumber SystemCallArchitectures IPAddressAllow IPAddressDeny DeviceAllow
    LimitNOFILE LimitNPROC LimitCORE LimitAS MemoryMax MemoryHigh CPUQuota CPUWeight TasksMax
    KillMode KillSignal SendSIGKILL FinalKillSignal Slice OOMPolicy OOMScoreAdjust`,
  Install: "WantedBy RequiredBy Also Alias DefaultInstance",
};

/** Throws where a line is none, where it stands in no section, and where systemd would pass it over. */
export function directivesOf(unit: string): readonly Directive[] {
  const directives: Directive[] = [];
  let section = "";
  for (const line of unit.split("\n")) {
    if (line === "" || /^[#;]/.test(line)) continue;
    const opened = /^\[(\w+)\]$/.exec(line)?.[1];
    if (opened !== undefined) section = opened;
    else directives.push(directiveOf(line, section));
  }
  return directives;
}

function directiveOf(line: string, section: string): Directive {
  const { name, value } = /^(?<name>\w+)=(?<value>.*)$/.exec(line)?.groups ?? {};
  if (name === undefined || value === undefined) throw new Error(`"${line}" is no directive.`);
  const known = KNOWN[section]?.split(/\s+/) ?? [];
  if (!known.includes(name)) throw new Error(`[${section}] has no ${name}.`);
  return { section, name, value };
}
