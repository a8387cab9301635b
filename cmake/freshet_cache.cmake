# Where scripts/setup.sh puts what no package of the machine offers.
if(DEFINED ENV{FRESHET_CACHE})
  set(FRESHET_CACHE "$ENV{FRESHET_CACHE}")
else()
  set(FRESHET_CACHE "$ENV{HOME}/.cache/freshet")
endif()
