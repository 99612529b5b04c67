"""SecurityCtrlr: who the station is to the CSMS, and how both prove it."""

from typing import Final

from station.core.datatypes import Boolean, Integer, Password, Text
from station.core.variables.row import AT_LEAST_ONE_SECOND, READ_ONLY, WRITE_ONLY, Variable
from station.secret import Secret

LONGEST_ORGANIZATION_NAME: Final = 64  # RFC 5280 appendix A: ub-organization-name
MOST_CERTIFICATES: Final = 32

BASIC_AUTH_PASSWORD = Variable("SecurityCtrlr", "BasicAuthPassword", Password(), Secret(""), mutability=WRITE_ONLY)
IDENTITY = Variable("SecurityCtrlr", "Identity", Text(1, 48), "", mutability=READ_ONLY, constant=True)
ORGANIZATION_NAME = Variable("SecurityCtrlr", "OrganizationName", Text(0, LONGEST_ORGANIZATION_NAME), "")
SECURITY_PROFILE = Variable("SecurityCtrlr", "SecurityProfile", Integer(0, 3), 0, mutability=READ_ONLY)
ALLOW_SECURITY_PROFILE_DOWNGRADE = Variable(
    "SecurityCtrlr", "AllowSecurityProfileDowngrade", Boolean(), default=False
)
"""From 3 to 2; never to 1 (errata 2025-09, 2.5)."""
ALLOW_CSMS_TLS_WILDCARDS = Variable("SecurityCtrlr", "AllowCSMSTLSWildcards", Boolean(), default=False)
CERTIFICATE_ENTRIES = Variable(
    "SecurityCtrlr", "CertificateEntries", Integer(0, MOST_CERTIFICATES), 0, mutability=READ_ONLY
)
ADDITIONAL_ROOT_CERTIFICATE_CHECK = Variable(
    "SecurityCtrlr",
    "AdditionalRootCertificateCheck",
    Boolean(),
    default=False,
    mutability=READ_ONLY,
    constant=True,
)
MAX_CERTIFICATE_CHAIN_SIZE = Variable(
    "SecurityCtrlr", "MaxCertificateChainSize", Integer(0, 10000), 10000, mutability=READ_ONLY, constant=True
)
CERT_SIGNING_WAIT_MINIMUM = Variable("SecurityCtrlr", "CertSigningWaitMinimum", AT_LEAST_ONE_SECOND, 60, unit="s")
CERT_SIGNING_REPEAT_TIMES = Variable("SecurityCtrlr", "CertSigningRepeatTimes", Integer(0, 20), 5)
